// Changes the colours at once, without a new page. The server reads the cookie and draws the next page right from its start.

const KEPT = 365 * 86400; // seconds

for (const form of document.querySelectorAll("form[action$='/theme']")) {
  form.addEventListener("submit", (event) => {
    const chosen = event.submitter?.value;
    if (!chosen) return;
    event.preventDefault();
    const isSystem = chosen === "system";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${chosen}; Path=/; SameSite=Lax; Max-Age=${isSystem ? 0 : KEPT}${secure}`;
    if (isSystem) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    document.querySelector("meta[name=color-scheme]").content = isSystem ? "light dark" : chosen;
    // The button that was pressed is gone; its counterpart takes its place, also for the keyboard.
    document.querySelector(`.theme button:not([value=${chosen}])`)?.focus();
  });
}
