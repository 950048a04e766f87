// A page that could not be shown: ask again by itself, and show it once it answers.
(() => {
  const button = document.querySelector("[data-reload]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => location.reload());
    return;
  }
  const told = document.getElementById("again");
  if (!told) return;
  told.hidden = false;
  const ask = () => fetch(location.href, { cache: "no-store" })
    .then((answer) => { if (answer.ok) location.reload(); else later(); }, later);
  // Not all at the same moment: a portal that comes back is not to fall again.
  const later = () => setTimeout(() => (document.hidden ? later() : ask()), 5000 + Math.random() * 5000);
  later();
})();
