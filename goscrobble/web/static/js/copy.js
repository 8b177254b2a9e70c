// Gives each `.copy` block a button that copies its text. Without this script the text can still be selected by one tap.

const RESTORE_AFTER = 2500; // milliseconds

for (const block of document.querySelectorAll(".copy")) {
  const text = block.querySelector("code");
  const button = block.querySelector("button");
  const label = button.textContent;
  if (!navigator.clipboard) continue; // plain http: browsers keep the clipboard closed

  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      button.textContent = "Selected: copy it with your keyboard";
    }
    setTimeout(() => (button.textContent = label), RESTORE_AFTER);
  });
}
