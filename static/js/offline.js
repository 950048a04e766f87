// For ticket and service pages: keeps them on this device, and says when there is no signal.
const root = document.documentElement;
const kept = "stale" in root.dataset;
navigator.serviceWorker?.register("/sw.js").catch(() => null);
if (!document.getElementById("tiket")) {
  addEventListener("offline", () => (root.dataset.stale = ""));
  addEventListener("online", async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (answer?.ok) kept ? location.reload() : delete root.dataset.stale;
  });
}

// The offline page lists what is kept.
const list = document.getElementById("tersimpan");
async function show() {
  const pages = await caches.open("halaman");
  for (const request of await pages.keys()) {
    const address = new URL(request.url).pathname;
    if (/\/tanpa-sinyal\/$/.test(address)) continue;
    const page = new DOMParser().parseFromString(await (await pages.match(request, { ignoreVary: true })).text(), "text/html");
    const codes = page.querySelectorAll("#tiket .m-code");
    const item = list.querySelector("template").content.cloneNode(true);
    item.querySelector("a").href = address;
    const name = item.querySelector("b");
    if (codes.length) codes.forEach((code) => name.append((code.className = "m-code me-3", code)));
    else name.textContent = page.querySelector("h1")?.textContent;
    list.querySelector("ul")[codes.length ? "prepend" : "append"](item);
    list.hidden = false;
  }
}
if (list && window.caches) show();
