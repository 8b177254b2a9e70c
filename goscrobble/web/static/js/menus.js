// Closes the menu of a play by Escape or a click beside it. Without this script it closes where it was opened.
// And a double click deletes a play once: what it would delete the second time is gone.

const opened = () => document.querySelector("details.actions[open]");

document.addEventListener("click", (event) => {
  const menu = opened();
  if (menu && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = opened();
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

let isSent = false;
addEventListener("pageshow", () => (isSent = false)); // also when the browser comes back to a page it kept

document.addEventListener("submit", (event) => {
  if (!event.target.closest(".actions")) return;
  if (isSent) event.preventDefault();
  isSent = true;
});
