// Shows what happens now: fills "now playing" and puts new plays on top of the list, as `live.js` tells of them.
// What a play looks like is in the <template>s of the page; names only ever become text.

const main = document.querySelector("main[data-live]");
const sources = JSON.parse(main?.dataset.sources || "{}"); // what people call them
const root = new URL("../../", import.meta.url); // of the site

const text = (tag, words) => Object.assign(document.createElement(tag), { textContent: words });
const link = (kind, { id, title, name }) =>
  Object.assign(text("a", title ?? name), { href: new URL(`${kind}/${id}`, root).pathname });
const bdi = (child) => {
  const around = document.createElement("bdi");
  around.append(child);
  return around;
};

function byLine(place, artists, album, draw) {
  artists.forEach((artist, i) => place.append(i ? ", " : "", bdi(draw("artist", artist))));
  if (album) place.append(" · ", bdi(draw("album", album)));
}

function clock(at) {
  const timeZone = main.dataset.timeZone || "UTC";
  const language = document.documentElement.lang;
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(at);
}

function fillMenu(menu, play, time) {
  const label = menu.querySelector(".hidden-visually");
  label.textContent = label.textContent.replace(/TITLE|TIME/g, (what) => (what === "TITLE" ? play.track.title : time));
  for (const [element, name] of [[menu.querySelector("a"), "href"], [menu.querySelector("form"), "action"]]) {
    element.setAttribute(name, element.getAttribute(name).replace("/history/PLAY", `/history/${play.id}`));
  }
}

function onScrobble({ detail: play }) {
  const section = document.querySelector("[data-recent]");
  const list = section?.querySelector(".plays");
  if (!list || list.querySelector(`[data-id="${CSS.escape(play.id)}"]`)) return;
  const item = document.getElementById("play-to-come").content.firstElementChild.cloneNode(true);
  const [kind, pictured] = play.album ? ["album", play.album] : ["artist", play.artists[0]];
  const cover = item.querySelector(".cover");
  cover.classList.add(kind);
  cover.src = `${new URL(`covers/${kind}/${pictured.id}`, root).pathname}?size=64`;
  item.dataset.id = play.id;
  item.querySelector(".name").replaceChildren(link("track", play.track));
  byLine(item.querySelector(".by"), play.artists, play.album, link);
  const at = new Date(play.played_at);
  const time = item.querySelector("time");
  time.dateTime = at.toISOString();
  time.textContent = clock(at);
  const told = item.querySelector(".told");
  told.textContent = told.tagName === "A" ? play.username : (sources[play.source] ?? play.source);
  if (told.tagName === "A") told.href = new URL(`u/${encodeURIComponent(play.username)}`, root).pathname;
  const menu = item.querySelector(".actions");
  if (menu) fillMenu(menu, play, time.textContent);
  const older = [...list.children].find((other) => new Date(other.querySelector("time").dateTime) <= at);
  list.insertBefore(item, older ?? null);
  while (list.children.length > Number(section.dataset.recent)) list.lastElementChild.remove();
  section.hidden = false;
  document.querySelector("[data-empty]")?.remove();
}

function onNowPlaying({ detail: { username, now_playing: playing } }) {
  const section = document.querySelector("[data-now]");
  if (!section) return;
  const list = section.querySelector("ul");
  for (const item of [...list.children]) {
    if (main.dataset.live !== "site" || item.dataset.username === username) item.remove();
  }
  for (const it of playing) {
    const item = document.getElementById("now-to-come").content.firstElementChild.cloneNode(true);
    item.dataset.username = username;
    item.querySelector(".bars").classList.toggle("moving", !it.paused);
    item.querySelector(".name").textContent = it.track;
    byLine(item.querySelector(".by"), it.artists, it.album, (_, name) => document.createTextNode(name));
    const told = item.querySelector(".told");
    if (main.dataset.live === "site") {
      told.append(Object.assign(text("a", username), { href: new URL(`u/${encodeURIComponent(username)}`, root).pathname }));
    } else told.textContent = sources[it.source] ?? it.source;
    if (it.paused) told.append(told.dataset.paused);
    list.append(item);
  }
  section.hidden = list.children.length === 0;
}

main?.addEventListener("live:scrobble", onScrobble);
main?.addEventListener("live:now-playing", onNowPlaying);
main?.addEventListener("live:reset", () => setTimeout(() => location.reload(), 500 + 2500 * Math.random()));
