// The kiosk: it returns to its start when nobody is there, reads aloud, prints, takes what a scanner
// types, and says that it is alive. Without it every page still works by its forms.
import { beat } from "./device.js";
import { hush, know, say } from "./voice.js";

const body = document.body, data = body.dataset;
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const ask = document.getElementById("masih");
const lefts = document.querySelectorAll("[data-left]");
const idle = Number(data.idleS), warn = Number(data.askS);
const isStart = !warn && location.search.includes("baru");
let touched = Date.now(), leaving = false;

// -- the next person finds nothing of this one ------------------------------------------------------

const reachable = async () => {
  const options = { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout?.(5_000) };
  return fetch(data.start, options).then((answer) => answer.ok, () => false);
};

const cover = () => { if (data.of) document.getElementById("isi").hidden = true; };

// Without a server the browser would show its own page, from which no kiosk comes back by itself.
async function leave(go) {
  if (leaving) return;
  leaving = true;
  if (await reachable()) return go();
  cover();
  setTimeout(() => { leaving = false; leave(go); }, 5_000);
}

const reload = () => leave(() => location.reload());
const over = () => leave(() => {
  sessionStorage.clear();
  location.replace(data.start);
});

function stay(event) {
  touched = Date.now();
  // a touch on the question itself ends with its click: what lies below is not touched by it
  if (!ask.open || (event?.type === "pointerdown" && ask.contains(event.target))) return;
  ask.close();
  const typed = event?.type === "keydown" && event.key.length === 1 && event.key !== " ";
  if (typed || event?.type !== "keydown") listen(true);
  if (typed && scan) { // a scanner's first letter, which the question had caught
    event.preventDefault();
    scan.value += event.key;
  }
}

function tick() {
  const left = Math.max(0, Math.ceil(idle - (Date.now() - touched) / 1000));
  for (const one of lefts) one.textContent = left;
  if (left <= 0) {
    if (isStart) reload(); // fresh waits, and a fresh token
    else over();
  } else if (warn && left <= warn && !ask.open && !counts) ask.showModal();
}

const counts = document.querySelector("[data-counts]");
if (counts) counts.hidden = false;
for (const sign of ["pointerdown", "keydown", "input"]) document.addEventListener(sign, stay, { capture: true });
for (const link of document.querySelectorAll("[data-over]")) {
  link.addEventListener("click", (event) => { event.preventDefault(); over(); });
}
ask.addEventListener("click", stay);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  cover();
  reload();
});
setInterval(tick, 250);

// -- one touch, one number --------------------------------------------------------------------------

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
}

// -- what a scanner types, and the keys on the screen -----------------------------------------------

const code = document.querySelector("[data-code]"), scan = document.querySelector("[data-scan]");

// the field hears the scanner, unless somebody uses the page by keys
function listen(always = false) {
  if (ask.open || !scan) return;
  if (always || document.activeElement === body) scan.focus({ preventScroll: true });
}
if (scan && !code) {
  scan.addEventListener("blur", () => setTimeout(listen, 0));
  document.addEventListener("pointerup", () => setTimeout(listen, 0));
  scan.form.addEventListener("submit", (event) => { if (!scan.value.trim()) event.preventDefault(); });
}
if (code) {
  code.inputMode = "none"; // the keys below are larger than the device's own
  code.readOnly = false;
  for (const key of document.querySelectorAll("[data-key]")) {
    key.addEventListener("click", () => {
      const letter = key.dataset.key;
      code.value = letter ? (code.value + letter).slice(0, 6) : code.value.slice(0, -1);
      code.focus({ preventScroll: true });
    });
  }
}

// -- the voice --------------------------------------------------------------------------------------

const clips = JSON.parse(document.getElementById("suara")?.textContent ?? "{}");
know(clips);
const read = document.querySelector("[data-read]");
read.addEventListener("click", async (event) => {
  if (event.detail) listen(true); // touched: a button that has the focus would swallow the scanner
  const reading = read.getAttribute("aria-pressed") === "true";
  hush();
  if (reading) return read.setAttribute("aria-pressed", "false");
  know({ bantuan: read.dataset.read });
  read.setAttribute("aria-pressed", "true");
  const length = setInterval(stay, 1000); // who listens is here
  await say(["bantuan"]);
  if (data.say) await say(data.say.split(" "));
  clearInterval(length);
  read.setAttribute("aria-pressed", "false");
});

// a page that is drawn anew neither prints nor speaks again
function once(what, of, act) {
  if (!of || sessionStorage.getItem(what) === of) return;
  sessionStorage.setItem(what, of);
  act();
}
once("cetak", data.print, () => print());
once("sebut", data.of, () => {
  know({ bantuan: read.dataset.read });
  say(data.say.split(" "));
  say(["bantuan"]); // and what to do with the paper
});

// -- the clock, and the sign of life ----------------------------------------------------------------

const clock = document.querySelector("[data-clock]");
const ahead = Number(clock.dataset.clock) * 1000 - Date.now();
function tell() {
  const now = new Date(Date.now() + ahead + Number(clock.dataset.offsetS) * 1000);
  clock.textContent = now.toISOString().slice(11, 16).replace(":", document.documentElement.lang === "en" ? ":" : ".");
}
setInterval(tell, 1000);
const alive = async () => { if (await beat(data.beat, token) === "reload") reload(); };
alive();
setInterval(alive, 30_000);
