// Follows a ticket: draws where it stands as its own stream tells it, and asks for the page when its
// state changed; by the clock where there is no stream. Ticks, half-typed codes and focus stay.
const STALE_MS = 60_000; // after so long without data the dot is hollow
const SILENT_MS = 40_000; // the stream says that it lives every 15 s
const PATIENCE_MS = 10_000;
const LONGEST_MS = 120_000;
const FIRST_MS = 4000; // the stream's first word of one's own place
const NEAR = 5; // people ahead
const MOST_BRICKS = 8;
const root = document.documentElement;
const here = () => document.getElementById("tiket");
const seconds = (name) => here().dataset[name] * 1000;
const jitter = (ms) => ms * (0.8 + 0.4 * Math.random());
let fresh = "stale" in root.dataset ? 0 : Date.now();
let stream, heard, timer, listening, placed = false, asked = 0, due = Infinity, fails = 0, drops = 0, asking = false;

const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && a.id === b.id;

// Make `old` say what `now` says, and keep every element that is in both.
function become(old, now) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== now.data) old.data = now.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (name !== "open" && !now.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of now.attributes) if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.content) return old.content.replaceChildren(...now.content.childNodes);
  let next = old.firstChild;
  for (const node of [...now.childNodes]) {
    let same = next;
    while (same && !alike(same, node)) same = same.nextSibling;
    if (!same) old.insertBefore(node, next);
    else {
      while (next !== same) next = drop(next);
      next = same.nextSibling;
      become(same, node);
    }
  }
  while (next) next = drop(next);
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

// Ask within `ms`; of two wishes the earlier one counts.
function soon(ms) {
  if (Date.now() + ms >= due || document.hidden) return;
  clearTimeout(timer);
  due = Date.now() + ms;
  timer = setTimeout(refresh, ms);
}

function later() {
  if (here().dataset.url) soon(jitter(Math.min(LONGEST_MS, fails ? 3000 * 2 ** fails : stream && placed ? seconds("calm") : seconds("poll") * (stream && !drops ? 3 : 1))));
}

async function ask(whole) {
  const { url, states } = here().dataset;
  const options = { signal: AbortSignal.timeout?.(PATIENCE_MS) };
  if (!whole) options.headers = { "HX-Request": "true" };
  const answer = await fetch(whole ? url : `${url}?keadaan=${states}`, options);
  if (answer.status === 404) return location.reload();
  if (!answer.ok) throw new Error(answer.status);
  if (answer.status === 204) return ask(true); // another state: the rest of the page changes too
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!whole) return become(here(), page.getElementById("tiket"));
  const called = here().querySelector(".m-ticket--call");
  become(document.querySelector("main"), page.querySelector("main"));
  document.title = page.title;
  if (!called && here().querySelector(".m-ticket--call")) {
    document.getElementById("kabar").textContent = page.title.split(" - ")[0];
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([300, 150, 300]);
  }
}

async function refresh() {
  due = Infinity;
  if (!here().dataset.url) return;
  if (asking) return soon(1000); // what came meanwhile is asked for next
  asking = true;
  asked = Date.now();
  try {
    await ask(false);
    fails = 0;
    fresh = Date.now();
    delete root.dataset.stale;
  } catch {
    fails++;
    if (fails > 1 || !navigator.onLine) root.dataset.stale = "";
  }
  asking = false;
  if (stream && here().dataset.stream && stream.url !== new URL(here().dataset.stream, location).href) {
    stream.close();
    stream = null;
    listen();
  }
  tell();
  if (here().dataset.url) later();
  else rest();
}

// The words of one case, as the server would write them with these values.
function words(name, values) {
  const piece = document.getElementById("giliran").content.querySelector(`[data-case="${name}"]`).cloneNode(true);
  const fill = (text) => text.replace(/\{(\w+)\}|\d+/g, (all, word) => (word ? values[word] : values.ahead) ?? all);
  for (const row of piece.querySelectorAll("[aria-label]")) row.setAttribute("aria-label", fill(row.getAttribute("aria-label")));
  const texts = document.createTreeWalker(piece, NodeFilter.SHOW_TEXT);
  const empty = [];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    texts.currentNode.data = fill(data);
    if (/\{(serving|span)\}/.test(data) && !values[data.match(/\{(\w+)\}/)[1]]) empty.push(parentElement);
  }
  empty.forEach((element) => element.remove());
  const you = piece.querySelector(".m-row .is-you");
  if (you) {
    while (you.previousSibling) you.previousSibling.remove();
    you.before(...Array.from({ length: Math.min(values.ahead, MOST_BRICKS) }, () => document.createElement("i")));
    if (values.ahead > MOST_BRICKS) you.before(Object.assign(document.createElement("em"), { textContent: `+${values.ahead - MOST_BRICKS}` }));
  }
  return piece;
}

// Draw one ticket as the stream tells it.
function draw(card, told) {
  const local = (time) => time && (root.lang === "en" ? time : time.replace(":", "."));
  const values = { ...told, from: local(told.from), back: local(told.back), return: local(told.return) };
  values.range = told.from && `${values.from}–${local(told.to)}`;
  values.span = card.querySelector("[data-span]")?.dataset.span;
  const put = (part, name) => {
    const old = card.querySelector(`[data-part="${part}"]`);
    if (!old) return;
    const now = name ? words(name, values) : Object.assign(document.createElement("div"), { textContent: "\n" });
    for (const { name, value } of old.attributes) now.setAttribute(name, value);
    now.removeAttribute("data-case");
    become(old, now);
  };
  put("pause", told.paused && (told.back ? "pause-until" : "pause"));
  if (told.state !== "waiting") return;
  put("ahead", ["next", "one"][told.ahead] || "many");
  put("when", told.advice);
  if (told.ahead <= NEAR) [here().dataset.poll, here().dataset.gap] = here().dataset.near.split(" ");
}

// When the data are from, wherever the page says it.
function date(time) {
  const now = root.lang === "en" ? time : time.replace(":", ".");
  for (const stamp of document.querySelectorAll("#tiket .m-live")) stamp.dataset.at = stamp.dataset.at.replace(/\d\d[.:]\d\d/, now);
  for (const note of document.querySelectorAll("#tiket > .m-if-stale p")) {
    for (const node of note.childNodes) if (node.nodeType === Node.TEXT_NODE) node.data = node.data.replace(/\d\d[.:]\d\d/, now);
  }
}

function place(event) {
  const { at, tickets } = JSON.parse(event.data);
  const cards = tickets.map(({ id }) => document.querySelector(`[data-id="${id}"]`));
  placed = true;
  heard = Date.now();
  if (tickets.every(({ state }, i) => cards[i]?.dataset.state === state)) {
    tickets.forEach((told, i) => draw(cards[i], told));
    fresh = heard;
    fails = 0;
    delete root.dataset.stale;
    date(at);
    tell();
  } else if (event.type === "yours") soon(0);
  else change();
}

// Something changed that only the page tells: ask, but not all at once, nor all the time.
function change() {
  const gap = seconds("gap");
  soon(Math.max(0, asked + gap - Date.now()) + Math.random() * gap);
}

function listen() {
  const { stream: address, queues } = here().dataset;
  if (stream || document.hidden || !address) return;
  heard = Date.now();
  placed = false;
  const mine = (stream = new EventSource(address));
  const look = () => soon(2000 + Math.random() * seconds("gap")); // what happened before somebody listened
  const hear = () => {
    heard = Date.now();
    if (!fails) fresh = heard;
  };
  stream.onopen = () => {
    hear();
    drops = 0;
    if (address.includes("?")) setTimeout(() => stream === mine && !placed && look(), FIRST_MS);
    else look();
  };
  stream.onerror = silence;
  stream.addEventListener("alive", hear);
  stream.addEventListener("missed", () => soon(Math.random() * 10_000));
  stream.addEventListener("place", place);
  stream.addEventListener("yours", place);
  stream.addEventListener("changed", (event) => {
    hear();
    if (JSON.parse(event.data).queues.some((queue) => queues.split(" ").includes(`${queue}`))) change();
  });
}

// The stream broke off: the clock takes over, and somebody tries again a little later each time.
function silence() {
  stream?.close();
  stream = null;
  placed = false;
  drops++;
  clearTimeout(listening);
  listening = setTimeout(listen, jitter(Math.min(60_000, 2000 * 2 ** drops)));
  later();
}

function rest() {
  clearTimeout(timer);
  clearTimeout(listening);
  due = Infinity;
  stream?.close();
  stream = null;
}

function wake() {
  if (document.hidden) return rest();
  drops = 0;
  listen();
  soon(Math.random() * 500);
  tell();
}

// How old the data are: "5 detik lalu", or from when they are.
function tell() {
  if (stream && Date.now() - heard > SILENT_MS) silence();
  const age = Date.now() - fresh;
  for (const stamp of document.querySelectorAll("#tiket .m-live")) {
    const stale = age > STALE_MS || "stale" in root.dataset;
    stamp.classList.toggle("m-live--stale", stale);
    stamp.textContent = stale ? stamp.dataset.at : `${5 * Math.max(1, Math.ceil(age / 5000))} ${stamp.dataset.ago}`;
  }
}

if (here()?.dataset.url) {
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("online", wake);
  addEventListener("offline", () => {
    root.dataset.stale = "";
    tell();
  });
  setInterval(tell, 5000);
  listen();
  tell();
  if (fresh) later();
  else soon(0);
}
