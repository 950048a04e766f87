// The counter's console and its small window. A press is one request, answered with the page's inner
// part. When the line is gone everything is off, and what was pressed is never sent again: the state
// is asked for instead. Without this file forms are sent and pages load, as ever.
const desk = document.getElementById("desk");
const lost = document.getElementById("lost");
const said = document.getElementById("said");
const PATIENCE_MS = 8000, FRESH_EVERY_MS = 5000, LONGEST_PAUSE_S = 15;
const windows = new BroadcastChannel(`loket-${desk.dataset.counter}`);
let busy = false, failures = 0, again;

const part = () => document.getElementById("console");

async function ask(address, options = {}) {
  const headers = { "X-Requested-With": "fetch" };
  const answer = await fetch(address, { ...options, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("console");
  if (fresh) return fresh;
  if (answer.redirected || (answer.status >= 400 && answer.status < 500)) location.reload(); // signed out
  throw new Error(answer.status);
}

// -- drawing ---------------------------------------------------------------------------------------

function draw(fresh) {
  const here = part().contains(document.activeElement) || document.activeElement === document.body;
  part().replaceWith(fresh);
  if (here) fresh.focus({ preventScroll: true });
  settle();
}

function merge(fresh) {
  const now = part();
  if (now.dataset.seen !== fresh.dataset.seen || now.dataset.how !== fresh.dataset.how) return draw(fresh);
  for (const old of now.querySelectorAll("[data-fresh]")) {
    const one = fresh.querySelector(`#${old.id}`);
    if (one && !old.contains(document.activeElement) && !old.querySelector("details[open]")) old.replaceWith(one);
  }
  settle();
}

function settle() {
  const keys = document.getElementById("keys");
  if (keys) keys.checked = localStorage.getItem("console-keys") !== "off";
  const papers = part().querySelector("[data-papers]");
  if (papers) {
    const ticked = (sessionStorage.getItem(`berkas-${papers.dataset.papers}`) || "").split(",");
    papers.querySelectorAll("input").forEach((box, i) => (box.checked = ticked.includes(String(i))));
  }
  for (const one of part().querySelectorAll("[data-since], [data-left]")) one.drawnAt ??= Date.now();
  tick();
}

function tick() {
  for (const clock of part().querySelectorAll("[data-since]")) {
    const passed = clock.dataset.now - clock.dataset.since + (Date.now() - clock.drawnAt) / 1000;
    const seconds = Math.max(0, Math.floor(passed));
    clock.textContent = [Math.floor(seconds / 60), seconds % 60].map((n) => String(n).padStart(2, "0")).join(":");
    lay(clock.parentElement.querySelector("[data-minutes]"), Math.floor(seconds / 60));
  }
  for (const undo of part().querySelectorAll("[data-left]")) {
    const left = Math.ceil(undo.dataset.left - (Date.now() - undo.drawnAt) / 1000);
    if (left > 0) undo.querySelector(".m-left").textContent = left;
    else undo.remove();
  }
}

function lay(row, passed) {
  const promised = Number(row?.dataset.minutes);
  if (!promised || row.passed === passed) return;
  row.passed = passed;
  const count = promised + Math.min(6, Math.max(0, passed - promised + 1));
  const kind = (n) => (n >= promised ? "is-late" : n < passed ? "is-on" : n === passed ? "is-now" : "");
  row.replaceChildren(...Array.from({ length: count }, (_, n) => Object.assign(document.createElement("i"), { className: kind(n) })));
}

function say(words) {
  said.textContent = "";
  if (words) setTimeout(() => (said.textContent = words), 50);
}

const told = () => [...part().querySelectorAll("[data-told]")].map((one) => one.textContent.trim()).join(" ");

// -- asking ----------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-press]")) return;
  event.preventDefault();
  if (busy || failures) return;
  busy = true;
  part().setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    draw(await ask(form.action, { method: "POST", body }));
    say(told());
    windows.postMessage("acted");
  } catch {
    lose();
  } finally {
    busy = false;
  }
});

async function refresh() {
  if (busy || failures || document.hidden) return;
  try {
    const fresh = await ask(desk.dataset.part);
    if (!busy && !failures) merge(fresh);
  } catch {
    if (!busy) lose();
  }
}

function lose() {
  failures += 1;
  lost.querySelector("[data-label]").textContent = part().dataset.label;
  lost.hidden = false;
  part().inert = true;
  desk.dataset.stale = "";
  clearTimeout(again);
  again = setTimeout(retry, Math.min(2 ** failures, LONGEST_PAUSE_S) * 1000);
}

async function retry() {
  clearTimeout(again);
  try {
    const fresh = await ask(desk.dataset.part);
    failures = 0;
    lost.hidden = true;
    delete desk.dataset.stale;
    draw(fresh);
    say(document.getElementById("back").textContent);
  } catch {
    lose();
  }
}

setInterval(refresh, FRESH_EVERY_MS);
setInterval(tick, 1000);
windows.addEventListener("message", refresh);
document.addEventListener("visibilitychange", refresh);
window.addEventListener("online", () => failures && retry());

// -- keys: they press what names them, never while somebody types; a visible switch turns them off ----

document.addEventListener("keydown", (event) => {
  const on = event.target, panel = part().querySelector("details[name=panel][open]");
  if (event.key === "Escape" && panel) {
    panel.open = false;
    part().focus({ preventScroll: true });
    return;
  }
  if (event.key === "Enter" && on.matches("[data-press] select")) {
    event.preventDefault();
    on.form.requestSubmit();
    return;
  }
  if (localStorage.getItem("console-keys") === "off" || busy || failures) return;
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (on !== document.body && !desk.contains(on)) return;
  if (on.closest("select, textarea, input:not([type=checkbox], [type=radio])")) return;
  if ([" ", "Enter"].includes(event.key) && on.closest("button, a, summary, input")) return;
  const named = [...part().querySelectorAll(`[data-key="${CSS.escape(event.key.toLowerCase())}"]:not(:disabled)`)];
  const open = named.filter((one) => one.matches("summary") || !one.closest("details:not([open])"));
  const target = open.find((one) => panel?.contains(one)) || open[0];
  if (!target) return;
  event.preventDefault();
  target.click();
  const opened = target.matches("summary") && target.parentElement.open && target.parentElement;
  if (opened) opened.querySelector(":scope :is(input:not([type=hidden]), select, button)")?.focus();
});

document.addEventListener("change", (event) => {
  if (event.target.id === "keys") localStorage.setItem("console-keys", event.target.checked ? "on" : "off");
  const papers = event.target.closest("[data-papers]");
  if (!papers) return;
  const ticked = [...papers.querySelectorAll("input")].map((box, i) => (box.checked ? i : "")).filter((i) => i !== "");
  sessionStorage.setItem(`berkas-${papers.dataset.papers}`, ticked.join(","));
});

// What was not ticked off is what is missing, once somebody began to tick.
document.addEventListener("toggle", (event) => {
  const missing = event.target.open && event.target.querySelector("[data-missing]");
  const had = [...part().querySelectorAll("[data-papers] input")];
  if (!missing || !had.some((box) => box.checked)) return;
  missing.querySelectorAll("input").forEach((box, i) => (box.checked = !had[i].checked));
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-popout]");
  if (link && window.open(link.href, link.target, "popup,width=340,height=520")) event.preventDefault();
});

settle();
