// Tells a page what happens now: `<main data-live="site">`, or "@" and a user name (a bare name will do, but for "site").
//
// It sends events to <main>: "live:scrobble" (detail: a play as the API shows it, with its username), "live:now-playing"
// (detail: username and now_playing, a list, empty when it ends) and "live:reset" (the page should be loaded anew).
// Where the server gives no stream it asks every POLL seconds. A page that nobody looks at holds no connection.
// `data-live-id` may name the position of the page's own list, so that no play falls between page and stream.

const POLL = 15; // seconds
const AGAIN = 120; // seconds until a refused stream is tried again
const HIDDEN = 20; // seconds that a hidden page keeps its stream
const SETTLED = 2; // seconds in which a stream that was opened has said who plays something
const MOST_KNOWN = 500;

const api = new URL("../../api/v1/", import.meta.url);

class Live {
  constructor(main) {
    this.main = main;
    const name = main.dataset.live;
    this.user = name === "site" ? null : name.replace(/^@/, "");
    this.position = main.dataset.liveId || "";
    this.known = new Set(); // ids of plays
    this.playing = new Map(); // by user name: what was said last, as JSON
    this.hasPolled = false;
    document.addEventListener("visibilitychange", () => this.look());
    this.open();
  }

  look() {
    clearTimeout(this.leaving);
    if (document.hidden) this.leaving = setTimeout(() => this.close(), HIDDEN * 1000);
    else if (!this.source && !this.asking) this.open();
  }

  open() {
    const url = new URL("live", api);
    if (this.user !== null) url.searchParams.set("user", this.user);
    if (this.position) url.searchParams.set("last_event_id", this.position);
    const stale = new Set(this.playing.keys());
    this.source = new EventSource(url);
    this.source.addEventListener("open", () => setTimeout(() => this.settle(stale), SETTLED * 1000));
    this.source.addEventListener("scrobble", (event) => this.scrobble(JSON.parse(event.data), event));
    this.source.addEventListener("now-playing", (event) => this.nowPlaying(JSON.parse(event.data), stale));
    this.source.addEventListener("reset", () => this.tell("reset", {}));
    this.source.addEventListener("error", () => {
      if (this.source?.readyState === EventSource.CLOSED) this.refused(); // else the browser comes back by itself
    });
  }

  close() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.asking);
    this.asking = null;
  }

  refused() {
    this.close();
    this.again = Date.now() + AGAIN * 1000;
    this.poll();
  }

  async poll() {
    if (document.hidden) return this.close();
    if (Date.now() > this.again) {
      this.asking = null;
      return this.open();
    }
    this.asking = setTimeout(() => this.poll(), POLL * 1000);
    try {
      if (this.user === null) {
        this.plays(await this.ask("recent?limit=20"));
        this.nowEverywhere(await this.ask("now-playing?limit=100"));
      } else {
        const person = `users/${encodeURIComponent(this.user)}`;
        this.plays(await this.ask(`${person}/scrobbles?limit=20`));
        this.nowPlaying({ username: this.user, ...(await this.ask(`${person}/now-playing`)) });
      }
    } catch {
      // The server is away, or busy: the next time may do.
    }
  }

  async ask(path) {
    const answer = await fetch(new URL(path, api));
    if (answer.status === 404 || answer.status === 401) {
      this.close();
      this.tell("reset", {}); // private now, or signed out
    }
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  plays({ scrobbles }) {
    const fresh = scrobbles.filter((play) => !this.known.has(play.id));
    if (this.hasPolled) for (const play of fresh.reverse()) this.scrobble({ username: this.user, ...play });
    for (const play of fresh) this.known.add(play.id);
    this.hasPolled = true; // what the first answer holds stands on the page
  }

  scrobble(play, event) {
    if (event?.lastEventId) this.position = event.lastEventId;
    if (this.known.has(play.id)) return;
    if (this.known.size >= MOST_KNOWN) this.known.delete(this.known.values().next().value);
    this.known.add(play.id);
    this.tell("scrobble", play);
  }

  nowPlaying(told, stale) {
    stale?.delete(told.username);
    const said = JSON.stringify(told.now_playing);
    if (this.playing.get(told.username) === said) return;
    this.playing.set(told.username, said);
    this.tell("now-playing", { username: told.username, now_playing: told.now_playing });
  }

  nowEverywhere({ now_playing: all }) {
    const stale = new Set(this.playing.keys());
    const playing = new Map();
    for (const { username, ...it } of all) playing.set(username, [...(playing.get(username) ?? []), it]);
    for (const [username, now_playing] of playing) this.nowPlaying({ username, now_playing }, stale);
    this.settle(stale);
  }

  // Whoever a stream that was opened anew does not name has stopped, or is hidden now.
  settle(stale) {
    for (const username of stale) this.nowPlaying({ username, now_playing: [] }, stale);
  }

  tell(name, detail) {
    this.main.dispatchEvent(new CustomEvent(`live:${name}`, { detail, bubbles: true }));
  }
}

const main = document.querySelector("main[data-live]");
if (main && "EventSource" in window) new Live(main);
