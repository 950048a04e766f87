// The hall's display: every call is shown and spoken once, none is dropped. Calls wait in line for
// the panel; the more wait, the sooner the next one's turn and the shorter its speech, and up to
// three stand together. Each has an id; ids may be seen out of order, so the page remembers them all.
//
// On `document`: "mpp:called" {ids, label} as a call comes to the panel; voice.js tells "mpp:spoken".
const STANDS_MS = 15_000; // on the panel, beside newer ones
const ALONE_MS = 12_000, PATIENCE_MS = 4000, HURRIED_MS = 5000, HASTY_MS = 3500; // until the next may begin
const YOUNG_MS = 60_000, GAP_MS = 90_000, STALE_MS = 15_000;
const POLL_MS = 10_000, POLL_DEAF_MS = 4000, LONGEST_MS = 30_000, ANSWER_MS = 8000;
const BEAT_MS = 30_000, SILENT_MS = 40_000, LISTEN_LONGEST_MS = 60_000;
const LOAD_MS = 3000, REMEMBERED_FOR_MS = 600_000, SETTLED_MS = 30_000;
const BRIEFLY = ["nomor-antrean", "bel"]; // left out when one more call waits, when two do
const TOGETHER = 3, LISTED = 5, REMEMBERED = 500;

const page = document.body.dataset, memory = `mpp:layar:${location.pathname}`;
const here = (id) => document.getElementById(id);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const jitter = (ms) => ms * (0.85 + 0.3 * Math.random());
const put = (id, text) => { if (here(id).textContent !== text) here(id).textContent = text; };

// -- state ----------------------------------------------------------------------------------------

// Time that passes is told by a clock that nobody sets; the wall's serves only to see a sleep.
const clock = () => performance.now();
let asked = -Infinity, due = Infinity, timer, asking = false, fails = 0, fresh = clock();
let stream = null, heard = 0, drops = 0, listening;
let ahead = here("layar").dataset.at - clock(), ticked = Date.now(), slept = false;
const now = () => clock() + ahead; // the server's clock
const gap = () => Date.now() - ticked > GAP_MS; // the machine slept

// -- calls ------------------------------------------------------------------------------------------

// A paired display remembers over a restart of its browser, another window until it is closed.
const store = () => (page.beat ? localStorage : sessionStorage);
const remembered = recalled(); // null where nobody looked in the last minutes
const known = new Set(), done = new Set(remembered); // ids: seen; shown and spoken, or too old
let waiting = [], standing = [], unheard = [], began = -Infinity, busy = false, last = 0;
let speaks = page.speaks === "yes", others = { nodes: [], at: -Infinity }; // who stands there by the server

function recalled() {
  try {
    const { ids, at } = JSON.parse(store().getItem(memory));
    return now() - at < REMEMBERED_FOR_MS ? ids : null;
  } catch {
    return null;
  }
}

function finish(ids) {
  for (const id of ids) done.add(id);
  for (const id of done) if (done.size > REMEMBERED) done.delete(id);
  for (const id of known) if (known.size > 2 * REMEMBERED) known.delete(id);
  try {
    store().setItem(memory, JSON.stringify({ ids: [...done], at: now() }));
  } catch { /* no room: a reload is silent about what came before */ }
}

const isYoung = (call) => now() - call.at <= YOUNG_MS;

// A call joins the line, a recall joins its number's call.
function join(call) {
  const twin = waiting.find((one) => one.label === call.label);
  if (twin) Object.assign(twin, { ids: [...twin.ids, ...call.ids], keys: call.keys, node: call.node });
  else waiting.push(call);
  waiting.sort((a, b) => a.ids[0] - b.ids[0]);
}

// Leave the calls in the line that are still worth it; the others are over.
function keep(worth) {
  for (const call of waiting) if (!worth(call)) finish(call.ids);
  waiting = waiting.filter(worth);
}

function drop(id) {
  const isAnother = (call) => !call.ids.includes(id);
  keep(isAnother);
  unheard = unheard.filter(isAnother);
}

// The calls of an answer: the new and young ones join the line; who was put back waits again.
function take(rows, silent) {
  for (const row of rows) {
    const id = Number(row.dataset.call), { label, keys } = row.dataset, at = row.dataset.at * 1000;
    const undone = row.dataset.state === "waiting";
    last = Math.max(last, id);
    if (undone) drop(id);
    if (known.has(id)) continue;
    known.add(id);
    if (done.has(id)) continue;
    const call = { ids: [id], label, at, keys: keys.split(" "), node: row.firstElementChild };
    if (silent || undone || !isYoung(call)) finish([id]);
    else join(call);
  }
}

// What nobody heard is said now, where it is still young.
function sayAgain() {
  const again = unheard;
  unheard = [];
  for (const call of again) isYoung(call) ? join(call) : finish(call.ids);
  pump();
}

// Milliseconds until the next call may begin.
function hold() {
  const stood = clock() - began, left = HURRIED_MS - stood;
  if (waiting.length > 2) return HASTY_MS - stood;
  if (waiting.length === 2) return left;
  return Math.max(left, Math.min(ALONE_MS - stood, waiting[0].at + PATIENCE_MS - now()));
}

// What is said of a call: number and counter always; the rest unless it follows close on another
// and more wait.
const words = (keys, follows) => keys.filter((key) => !BRIEFLY.slice(0, follows ? waiting.length : 0).includes(key));

async function pump() {
  if (busy) return;
  busy = true;
  try {
    while (waiting.length) {
      const ms = slept || gap() ? 250 : hold();
      if (ms > 0) await sleep(Math.min(ms, 250));
      else await call(waiting.shift());
    }
  } finally {
    busy = false;
  }
  rest();
}

async function call(one) {
  const { ids, label } = one, follows = clock() - began < STANDS_MS;
  began = one.began = clock();
  standing = [one, ...standing.filter((other) => other.label !== label)].slice(0, TOGETHER);
  if (!speaks) finish(ids); // else as it begins to sound: a reload in between loses nothing
  show();
  document.dispatchEvent(new CustomEvent("mpp:called", { detail: { ids, label } }));
  if (!speaks) return;
  const said = (await theVoice())?.say(words(one.keys, follows), { fast: waiting.length > 0, ids });
  mute(!(await said));
  if (!isMute) return finish(ids);
  unheard = [...unheard.filter(isYoung), one];
}

// -- the voice --------------------------------------------------------------------------------------

let voice = null, loading = null, tries = 0, isMute = false;

// A failed import stays failed under its address: each try has another one.
function load() {
  const mine = import(tries++ ? `${page.voice}?${tries}` : page.voice).then((module) => {
    if (voice) return;
    voice = module;
    voice.prepare(JSON.parse(page.clips));
    mute(false);
    sayAgain();
  }).catch(() => {
    if (loading === mine) loading = null;
    if (!voice) mute(true);
  });
  loading = mine;
}

async function theVoice() {
  if (voice) return voice;
  if (!loading) load();
  await Promise.race([loading, sleep(LOAD_MS)]);
  if (!voice) loading = null; // the next call tries anew
  return voice;
}

// The front desk is told with the next beat, and that is now.
function mute(is) {
  if (isMute !== is) beaten = -Infinity;
  isMute = is;
}

document.addEventListener("mpp:locked", () => mute(true));
document.addEventListener("mpp:unlocked", () => { mute(false); sayAgain(); });
document.addEventListener("mpp:spoken", ({ detail }) => finish(detail.ids));

// -- what is seen -----------------------------------------------------------------------------------

function show() {
  const unspoken = new Set(waiting.flatMap((call) => call.ids.map(String)));
  standing = standing.filter((one) => clock() - one.began < STANDS_MS);
  let nodes = standing.map((call) => call.node);
  if (!nodes.length) {
    const fresh = clock() - others.at < STANDS_MS ? others.nodes : others.nodes.slice(0, 1);
    nodes = fresh.filter((node) => !unspoken.has(node.dataset.id));
  }
  const panel = here("berdiri");
  for (const node of [...panel.children]) if (!nodes.includes(node)) node.remove();
  nodes.forEach((node, n) => {
    node.classList.toggle("is-new", node === standing[0]?.node);
    if (panel.children[n] !== node) panel.insertBefore(node, panel.children[n] ?? null);
  });
  const looks = `m-tv__now${nodes.length ? ` has-${nodes.length}` : " is-idle"}`;
  if (here("panggil").className !== looks) here("panggil").className = looks;
  put("lagi", waiting.length ? here("lagi").dataset.words.replace("{n}", waiting.length) : "");
  const labels = nodes.map((node) => node.querySelector(".m-code").textContent);
  const shown = new Set(nodes.map((node) => node.dataset.id));
  let listed = 0;
  for (const one of here("baru").querySelectorAll("li")) {
    const elsewhere = shown.has(one.dataset.id) || unspoken.has(one.dataset.id) || labels.includes(one.querySelector(".m-code").textContent);
    one.hidden = elsewhere || ++listed > LISTED;
  }
  for (const one of here("antrean").children) one.classList.toggle("is-hot", labels.includes(one.querySelector(".m-code").textContent));
}

// Take over an answer's data; the panel's calls are this page's own.
function become(part, silent) {
  ahead = part.dataset.at - clock();
  if (slept) keep(isYoung); // what waited to be said is said only while it is young
  slept = false;
  try {
    redraw(part, silent);
  } finally {
    pump();
  }
}

function redraw(part, silent) {
  take(part.querySelector("template").content.children, silent);
  const kept = new Map(others.nodes.map((node) => [node.dataset.id, node]));
  const nodes = [...part.querySelector("#berdiri").children];
  others = { nodes: nodes.map((node) => kept.get(node.dataset.id) ?? document.adoptNode(node)), at: clock() };
  const layar = here("layar");
  if (part !== layar) {
    layar.className = part.className;
    layar.dataset.queues = part.dataset.queues;
    for (const id of ["tanggal", "baru", "antrean", "kaki"]) {
      const fresh = part.querySelector(`#${id}`);
      if (here(id).innerHTML !== fresh.innerHTML) here(id).replaceWith(document.adoptNode(fresh));
    }
  }
  layar.dataset.last = last;
  compare(part.dataset.version);
  show();
}

// -- loading anew -----------------------------------------------------------------------------------

const own = here("layar").dataset.version;
let wanted = false, other = own, otherSince = 0;

// Another version of the page or its voice is loaded once it has stayed the same for a while: words
// are recorded one after the other, and a deployment answers with both versions for a moment.
function compare(version) {
  if (version !== other) otherSince = clock();
  other = version;
  if (version !== own && clock() - otherSince > SETTLED_MS) wanted = true;
}

// No call is cut off, and no page is left for one that does not come.
function rest() {
  if (!wanted || busy || waiting.length || fails) return;
  wanted = false; // asked once: asked again it would begin from the start
  location.reload();
}

// -- asking and listening ---------------------------------------------------------------------------

function soon(ms) {
  if (clock() + ms >= due) return;
  clearTimeout(timer);
  due = clock() + ms;
  timer = setTimeout(ask, ms);
}

async function ask() {
  due = Infinity;
  if (asking) return soon(1000);
  asking = true;
  asked = clock();
  try {
    const options = { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(ANSWER_MS) };
    const answer = await fetch(`${location.pathname}?sejak=${last}`, options);
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    become(new DOMParser().parseFromString(text, "text/html").getElementById("layar"), false);
    fails = 0;
    fresh = clock();
  } catch {
    fails++;
  }
  asking = false;
  tell();
  soon(jitter(fails ? Math.min(LONGEST_MS, 1500 * 2 ** fails) : stream && !drops ? POLL_MS : POLL_DEAF_MS));
}

function listen() {
  if (stream || !page.stream) return;
  heard = clock();
  stream = new EventSource(page.stream);
  const hear = () => { heard = clock(); };
  stream.onopen = () => {
    hear();
    drops = 0;
    soon(Math.random() * 1000); // what happened before somebody listened
  };
  stream.onerror = silence;
  stream.addEventListener("alive", hear);
  stream.addEventListener("missed", () => soon(Math.random() * 1000));
  stream.addEventListener("changed", (event) => {
    hear();
    if (concerns(event.data)) soon(Math.max(0, asked + 1000 - clock()));
  });
}

function concerns(data) {
  try {
    const { call, queues } = JSON.parse(data), mine = here("layar").dataset.queues.split(" ");
    return call || !queues || queues.some((queue) => mine.includes(`${queue}`));
  } catch {
    return true;
  }
}

// The stream broke off: the clock takes over, and it is tried again a little later each time.
function silence() {
  stream?.close();
  stream = null;
  drops++;
  clearTimeout(listening);
  listening = setTimeout(listen, jitter(Math.min(LISTEN_LONGEST_MS, 1000 * 2 ** drops)));
  soon(jitter(POLL_DEAF_MS));
}

// -- every second -----------------------------------------------------------------------------------

const wall = new Intl.DateTimeFormat("id-ID", { timeZone: page.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const time = (ms) => wall.format(ms).replace(":", ".");
let beaten = -Infinity, device = null;

function tell() {
  const stale = clock() - fresh > STALE_MS, pukul = time(fresh + ahead);
  here("layar").toggleAttribute("data-stale", stale);
  here("putus").hidden = !stale;
  here("umur").classList.toggle("m-live--stale", stale);
  if (stale) here("putus").querySelector("[data-pukul]").textContent = pukul;
  put("umur", stale ? pukul : here("umur").dataset.live);
  put("jam", time(now()));
}

function tick() {
  if (gap()) { // the server tells what time it is
    slept = true;
    soon(0);
  }
  ticked = Date.now();
  if (stream && clock() - heard > SILENT_MS) silence();
  if (clock() - beaten > BEAT_MS) beat();
  tell();
  show();
  rest();
}

async function beat() {
  beaten = clock();
  finish([]); // somebody is looking
  if (await device?.beat(page.beat, page.token, isMute ? "mute" : "") === "reload") wanted = true;
}

function speakUp() {
  speaks = true;
  here("suara").dataset.voiceLocked = ""; // from now on voice.js shows it while the browser is mute
  here("suara").hidden = true;
  load();
}

if (page.speaks === "yes") speakUp(); // before the first call of a reload comes
become(here("layar"), !remembered);
finish([]);
if (page.speaks === "ask") here("suara").hidden = false;
here("suara").addEventListener("click", speakUp);
if (page.beat) import(page.device).then((module) => { device = module; beaten = -Infinity; }, () => {});
for (const kind of ["online", "focus", "visibilitychange"]) addEventListener(kind, () => soon(0));
setInterval(tick, 1000);
tell();
listen();
soon(jitter(stream ? POLL_MS : POLL_DEAF_MS));
