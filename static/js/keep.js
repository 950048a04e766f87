// Keeps the ticks of the papers on this device until the visit is over; copies the link; prints.
const OLD_MS = 2 * 24 * 3600 * 1000;
const NAME = "siapkan.";
const list = document.querySelector("[data-ticks]");

function store(act) {
  try {
    return act(localStorage);
  } catch {
    return null; // a browser that keeps nothing: plain ticks
  }
}

store((kept) => {
  for (const key of Object.keys(kept)) {
    if (key.startsWith(NAME) && Date.parse(key.slice(NAME.length, NAME.length + 10)) + OLD_MS < Date.now()) kept.removeItem(key);
  }
});

if (list) {
  const key = NAME + list.dataset.ticks;
  const boxes = () => [...list.querySelectorAll("input")];
  const ticked = store((kept) => JSON.parse(kept.getItem(key))) || [];
  boxes().forEach((box, i) => ticked.includes(i) && (box.checked = true));
  list.addEventListener("change", () => {
    const now = boxes().flatMap((box, i) => (box.checked ? [i] : []));
    store((kept) => kept.setItem(key, JSON.stringify(now)));
  });
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy], [data-print]");
  if (!button) return;
  if ("print" in button.dataset) return print();
  const link = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(link.href);
    button.textContent = button.dataset.done;
  } catch {
    getSelection().selectAllChildren(link); // no clipboard: ready to be copied by hand
  }
});
