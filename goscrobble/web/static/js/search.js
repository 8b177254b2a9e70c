// Results as one types: a combobox over the search form, which sends to a page of its own where no script runs.

const WAIT = 180; // milliseconds without a key

const form = document.querySelector("form.search");
const input = form.elements.q;
const found = form.querySelector(".found");
const status = form.querySelector("[aria-live]");
let asked = "";
let timer;
let request;

for (const [name, value] of Object.entries({
  role: "combobox", "aria-expanded": "false", "aria-controls": found.id, "aria-autocomplete": "list",
})) input.setAttribute(name, value);

const options = () => [...found.querySelectorAll("[role=option]")];
const current = () => found.querySelector("[aria-selected=true]");

function show(isOpen) {
  found.hidden = !isOpen;
  input.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) select(null);
}

function select(option) {
  current()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

async function ask() {
  const q = input.value.trim();
  if (q === asked) return;
  asked = q;
  request?.abort();
  if (!q) return show(false);
  request = new AbortController();
  try {
    const address = `${form.dataset.suggestions}?q=${encodeURIComponent(q)}`;
    const answer = await fetch(address, { signal: request.signal });
    if (!answer.ok) return show(false);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"); // runs nothing
    const chosen = current()?.href; // an answer that comes late takes no choice away
    found.replaceChildren(...page.body.childNodes);
    status.textContent = found.querySelector("[data-status]")?.dataset.status ?? "";
    show(document.activeElement === input && options().length > 0);
    if (!found.hidden) select(options().find((option) => option.href === chosen) ?? null);
  } catch (error) {
    if (error.name !== "AbortError") show(false); // the server is away: the form still works
  }
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
});
input.addEventListener("focus", () => show(options().length > 0 && input.value.trim() !== ""));
form.addEventListener("focusout", (event) => {
  if (!form.contains(event.relatedTarget)) show(false);
});
found.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays where it is

input.addEventListener("keydown", (event) => {
  const all = options();
  const place = all.indexOf(current());
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
    event.preventDefault();
    show(true);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = place < 0 ? (step > 0 ? 0 : all.length - 1) : place + step;
    select(all[next] ?? null);
  } else if (event.key === "Enter" && current()) {
    event.preventDefault();
    location.assign(current().href);
  } else if (event.key === "Escape" && !found.hidden) {
    event.preventDefault();
    show(false);
  }
});
