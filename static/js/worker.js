// Shows what is pushed to this device. And keeps on it the last tickets, the last service page and what they are drawn with, and
// shows them where there is no signal. Nothing else is kept, nothing longer than two days.
const PAGES = "halaman";
const ASSETS = "berkas";
const PATIENCE_MS = 4000;
const KEPT_MS = 2 * 24 * 3600 * 1000;
// what is kept, and how many of it
const KINDS = [
  [/^\/tiket\/[^/]+\/$/, 5],
  [/^\/(?!admin\/|api\/)[^/]+\/layanan\/[^/]+\/$/, 1],
  [/^\/[^/]+\/tanpa-sinyal\/$/, 5],
];
const [[TICKET], , [OFFLINE]] = KINDS;
const ASSET = /^\/static\/|^\/[^/]+\/(warna\.css|logo)$/;
const NOT_OURS = /^\/(admin|api|dasbor|langsung)\//;
const FORGET = /\/tiket-saya\/lupakan\/$/;
const HASHED = /\.[0-9a-f]{12}\.|\?v=/;
const LIVING = /<!--hidup-->[^]*<!--\/hidup-->/;
const kind = (path) => KINDS.findIndex(([pattern]) => pattern.test(path));
const kept_at = (response) => Number(response.headers.get("X-Kept-At"));
let work = Promise.resolve();
const inTurn = (act) => (work = work.then(act, act));

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(begin()));

// The pages that are open now were loaded before anybody could keep them; those for later may
// name static files of yesterday.
async function begin() {
  await registration.navigationPreload?.enable();
  await clients.claim();
  const open = (await clients.matchAll({ type: "window" })).map((client) => new URL(client.url).pathname);
  const pages = await caches.open(PAGES);
  const offline = (await pages.keys()).map((request) => new URL(request.url).pathname).filter((path) => OFFLINE.test(path));
  for (const path of [...open, ...offline]) if (kind(path) >= 0) await renew(path);
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && FORGET.test(url.pathname)) event.waitUntil(inTurn(forget));
  if (request.method !== "GET" || NOT_OURS.test(url.pathname)) return;
  if (ASSET.test(url.pathname)) event.respondWith(asset(request, url));
  else if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (TICKET.test(url.pathname)) event.respondWith(part(event, url));
});

// A page from the network; where that takes too long or fails, as it was kept.
async function page(event, url) {
  const path = url.pathname;
  const ours = kind(path) >= 0 && !url.search;
  const answer = (async () => {
    const response = (await event.preloadResponse) || (await fetch(event.request));
    if (ours) event.waitUntil(keep(path, response.clone()));
    return response;
  })();
  event.waitUntil(answer.catch(() => null));
  const old = ours && (await stored(path));
  try {
    const first = await (old ? Promise.race([answer, new Promise((stop) => setTimeout(stop, PATIENCE_MS))]) : answer);
    return first || stale(old);
  } catch {
    return old ? stale(old) : without(path);
  }
}

// What an open ticket asks for in between: the kept page follows it.
async function part(event, url) {
  const response = await fetch(event.request);
  if (!event.request.headers.get("HX-Request")) event.waitUntil(keep(url.pathname, response.clone()));
  else if (response.status === 200) event.waitUntil(splice(url.pathname, response.clone()));
  return response;
}

async function splice(path, response) {
  const living = `<!--hidup-->${await response.text()}<!--/hidup-->`;
  const old = await stored(path);
  if (old) await inTurn(async () => put(path, (await old.text()).replace(LIVING, () => living), old.headers));
}

async function asset(request, url) {
  const known = await caches.match(request, { ignoreVary: true });
  if (known && HASHED.test(url.href)) return known;
  try {
    return await fetch(request);
  } catch (error) {
    if (known) return known;
    throw error;
  }
}

const renew = (path) => fetch(path).then((response) => keep(path, response)).catch(() => null);

async function keep(path, response) {
  const body = await response.text();
  return inTurn(async () => {
    if (response.status === 404) await (await caches.open(PAGES)).delete(path);
    if (response.status !== 200 || response.redirected) return;
    await put(path, body, response.headers);
    const offline = /data-offline="([^"]+)"/.exec(body)?.[1];
    if (offline && !(await stored(offline))) {
      const answer = await fetch(offline);
      if (answer.ok) await put(offline, await answer.text(), answer.headers);
    }
    await tidy();
  });
}

async function put(path, body, given) {
  const headers = new Headers(given);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  headers.set("X-Kept-At", Date.now());
  await (await caches.open(PAGES)).put(path, new Response(body, { headers }));
}

async function stored(path) {
  const found = await (await caches.open(PAGES)).match(path, { ignoreVary: true });
  return found && Date.now() - kept_at(found) < KEPT_MS ? found : null;
}

// Drop what is old or too much, and fetch what the rest is drawn with.
async function tidy() {
  const pages = await caches.open(PAGES);
  const all = [];
  for (const request of await pages.keys()) all.push([request, await pages.match(request, { ignoreVary: true })]);
  all.sort(([, a], [, b]) => kept_at(b) - kept_at(a));
  const counts = KINDS.map(() => 0);
  const needed = new Set();
  for (const [request, response] of all) {
    const which = kind(new URL(request.url).pathname);
    if (++counts[which] > KINDS[which][1] || Date.now() - kept_at(response) > KEPT_MS) await pages.delete(request);
    else for (const [, path] of (await response.text()).matchAll(/(?:href|src)="(\/(?:static\/|[^"/]+\/(?:warna\.css|logo))[^"#]*)/g)) needed.add(new URL(path, location).href);
  }
  const assets = await caches.open(ASSETS);
  for (const request of await assets.keys()) if (!needed.delete(request.url)) await assets.delete(request);
  for (const address of needed) {
    const response = await fetch(address).catch(() => null);
    if (response?.ok) await assets.put(address, response);
  }
}

async function forget() {
  await caches.delete(PAGES);
  await caches.delete(ASSETS);
  await (await registration.pushManager?.getSubscription())?.unsubscribe();
}

// -- what is pushed --------------------------------------------------------------------------------
const LEADS = /^\/(tiket|survei)\/[\w-]+\/([\w-]+\/)*$/;
const TURN = { ahead: [200], called: [300, 150, 300, 150, 300] }; // kinds of which the last one counts

addEventListener("push", (event) => event.waitUntil(show(event.data)));
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data?.url));
});
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAgain(event)));

// A second copy has the same tag, takes the first one's place and makes no sound.
async function show(data) {
  let told = {};
  try {
    told = data.json();
  } catch {
    // nothing that we wrote: the ticket tells the rest
  }
  const { title = "Kabar antrean", body = "Buka tiket Anda.", url, tag, kind, lang = "id" } = told;
  for (const old of kind in TURN ? await registration.getNotifications() : []) {
    if (old.tag !== tag && old.data?.url === url && old.data.kind in TURN) old.close();
  }
  const options = { body, lang, data: { url, kind }, vibrate: TURN[kind] || [200] };
  await registration.showNotification(title, { ...options, tag, requireInteraction: kind === "called" });
}

// Open what the message is about, in the tab where it is open already.
async function lead(path) {
  if (!LEADS.test(path)) return clients.openWindow("/");
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = open.find((client) => new URL(client.url).pathname === path);
  return there ? there.focus() : clients.openWindow(path);
}

// The browser has another address now: the tickets that told the old one are given it.
async function subscribeAgain({ oldSubscription: old, newSubscription }) {
  const subscription = newSubscription || (old && (await registration.pushManager.subscribe(old.options)));
  if (!subscription) return;
  const hash = old && (await crypto.subtle.digest("SHA-256", new TextEncoder().encode(old.endpoint)));
  const name = hash && Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const { url } of await (await caches.open(PAGES)).keys()) {
    if (!TICKET.test(new URL(url).pathname)) continue;
    try {
      const page = await (await fetch(url)).text();
      const told = /data-told="(\w+)"/.exec(page)?.[1];
      const token = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(page)?.[1];
      if (!told || (name && told !== name)) continue;
      const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
      await fetch(`${url}kabari/`, { method: "POST", headers, body: JSON.stringify({ subscription }) });
    } catch {
      // no signal: its page says that nobody is told, and the button is there again
    }
  }
}

async function stale(response) {
  const body = (await response.text()).replace("<html", "<html data-stale");
  return new Response(body, { headers: response.headers });
}

async function without(path) {
  const pages = await caches.open(PAGES);
  const offline = (await pages.keys()).map((request) => new URL(request.url).pathname).filter((one) => OFFLINE.test(one));
  const mall = offline.find((one) => one.split("/")[1] === path.split("/")[1]) || offline[0];
  return mall ? pages.match(mall, { ignoreVary: true }) : Response.error();
}
