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
