// The counter's single keys: they press the button that names them, never while somebody types,
// and a visible switch turns them off (remembered by this browser).
const keys = document.getElementById("keys");
if (keys) {
  keys.checked = localStorage.getItem("console-keys") !== "off";
  keys.addEventListener("change", () => localStorage.setItem("console-keys", keys.checked ? "on" : "off"));
}
document.addEventListener("keydown", (event) => {
  if ((keys && !keys.checked) || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, button, a, summary")) return;
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]:not(:disabled)`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
// One press is one request: a form that was sent is not sent again.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
// The line, the clock and the counts follow what happens elsewhere, but never under somebody's hands.
const FRESH_EVERY_MS = 15000;
async function freshen() {
  const here = document.getElementById("console");
  if (!here || document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer || !answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const there = page.getElementById("console");
  const typing = document.activeElement.matches("input, select") || here.querySelector("details[open]");
  if (there?.dataset.current !== here.dataset.current) {
    if (!typing) location.reload();
    return;
  }
  for (const part of here.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(part.id);
    if (fresh && !part.contains(document.activeElement) && !part.querySelector("details[open]")) part.replaceWith(fresh);
  }
}
if (document.getElementById("console")) setInterval(freshen, FRESH_EVERY_MS);
