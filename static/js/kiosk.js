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

const over = () => {
  if (leaving) return;
  leaving = true;
  sessionStorage.clear();
  location.replace(data.start);
};

function stay() {
  touched = Date.now();
  if (ask.open) ask.close();
}

function tick() {
  const left = Math.max(0, Math.ceil(idle - (Date.now() - touched) / 1000));
  for (const one of lefts) one.textContent = left;
  if (left <= 0) {
    if (isStart) location.reload(); // fresh waits, and a fresh token
    else over();
  } else if (warn && left <= warn && !ask.open && !counts) ask.showModal();
}

const counts = document.querySelector("[data-counts]");
if (counts) counts.hidden = false;
for (const sign of ["pointerdown", "keydown", "input"]) document.addEventListener(sign, stay, { capture: true });
for (const link of document.querySelectorAll("[data-over]")) {
  link.addEventListener("click", (event) => { event.preventDefault(); over(); });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
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

const scan = document.querySelector("[data-scan]"), code = document.querySelector("[data-code]");
if (scan && !code) {
  const listen = () => { if (!ask.open && document.activeElement === body) scan.focus({ preventScroll: true }); };
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
read.addEventListener("click", async () => {
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
once("sebut", data.of, () => say(data.say.split(" ")));

// -- the clock, and the sign of life ----------------------------------------------------------------

const clock = document.querySelector("[data-clock]");
const ahead = Number(clock.dataset.clock) * 1000 - Date.now();
function tell() {
  const now = new Date(Date.now() + ahead + Number(clock.dataset.offsetS) * 1000);
  clock.textContent = now.toISOString().slice(11, 16).replace(":", document.documentElement.lang === "en" ? ":" : ".");
}
setInterval(tell, 1000);
const alive = () => beat(data.beat, token);
alive();
setInterval(alive, 30_000);
