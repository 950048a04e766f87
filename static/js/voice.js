// The hall's voice. A call is a row of short clips, played one after the other without a gap between
// them that anybody hears. Nothing here rejects and nothing hangs: a phrase that does not come is left
// out, without a letter or a figure only the bell rings, as a wrong number is worse than none, and
// every utterance ends by the clock at the latest.
//
//   prepare(addresses)   knows and loads the clips: {key: address}
//   know(addresses)      knows them, and loads each when it is said first
//   say(keys, {fast, ids}) -> Promise<boolean>: over; false when it could not be heard
//   hush()               ends what is being said, and what waits to be
//   unlocked(), unlock() whether the browser lets the page sound; ask it to (from a touch)
//
// On `document`: "mpp:spoken" {keys, ids} as an utterance begins to sound, "mpp:locked" when the
// browser wants a touch first, "mpp:unlocked" after it. Elements with data-voice-locked are shown
// while it does; a touch or key anywhere on the page is enough.
const Sound = window.AudioContext || window.webkitAudioContext;
const AFTER_BELL_S = 0.1, BETWEEN_S = 0.06, PHRASE_S = 0.22, BELL_FAST_S = 0.5;
const PATIENCE_MS = 2500, GRACE_MS = 1500, ASK_MS = 300, ELEMENT_MS = 1000, LOADERS = 4;
const WORD_S = 5; // a clip in a row is cut here; one alone is a sentence, and as long as it is
const addresses = new Map(), clips = new Map(); // key -> address; address -> promise of a clip or null
let context, locked = false, tail = Promise.resolve(), stop = () => {}, round = 0;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const within = (ms, promise) => Promise.race([promise, wait(ms).then(() => null)]).catch(() => null);
const isPhrase = (key) => key.includes("-") && !/^(huruf|angka)-/.test(key);

export function know(more) {
  for (const [key, address] of Object.entries(more)) {
    if (addresses.get(key) !== address) clips.delete(addresses.get(key));
    addresses.set(key, address);
  }
}

export async function prepare(more) {
  know(more);
  awake();
  const keys = Object.keys(more);
  const load = async () => { while (keys.length) await clip(keys.shift()); };
  await Promise.all(Array.from({ length: LOADERS }, load));
}

export function say(keys, { fast = false, ids = [] } = {}) {
  const mine = round;
  tail = tail.then(() => (mine === round ? speak(keys, fast, ids) : false)).catch(() => false);
  return tail;
}

export function hush() {
  round += 1;
  stop();
}

// -- clips -----------------------------------------------------------------------------------------

function clip(key) {
  const address = addresses.get(key);
  if (!address) return Promise.resolve(null);
  if (!clips.has(address)) {
    clips.set(address, (Sound ? decoded(address) : element(address)).catch(() => {
      clips.delete(address); // asked again when it is said again
      return null;
    }));
  }
  return clips.get(address);
}

async function decoded(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(4 * PATIENCE_MS) });
  if (!answer.ok) throw new Error(answer.status);
  return theContext().decodeAudioData(await answer.arrayBuffer());
}

// Some browsers load nothing before a touch: a file that neither comes nor fails counts as there.
async function element(address) {
  const audio = new Audio(address);
  audio.preload = "auto";
  await Promise.race([wait(ELEMENT_MS), new Promise((done, fail) => {
    audio.oncanplay = done;
    audio.onerror = fail;
  })]);
  return audio;
}

// -- speaking --------------------------------------------------------------------------------------

async function speak(keys, fast, ids) {
  const mine = round;
  if (!(await awake())) return false;
  const found = await Promise.all(keys.map((key) => within(PATIENCE_MS, clip(key))));
  const whole = keys.every((key, n) => found[n] || key === "bel" || isPhrase(key));
  const row = keys
    .map((key, n) => ({ key, sound: found[n], most: keys.length > 1 ? WORD_S : Infinity }))
    .filter((one) => one.sound && (whole || one.key === "bel"));
  if (!row.length || mine !== round) return false;
  const told = whole ? () => tell("mpp:spoken", { keys, ids }) : () => {};
  return (await (Sound ? scheduled(row, fast, told) : oneByOne(row, told))) && whole;
}

function pause(key, next, fast) {
  const here = key === "bel" ? AFTER_BELL_S : next && (isPhrase(key) || isPhrase(next)) ? PHRASE_S : BETWEEN_S;
  return fast ? here / 2 : here;
}

async function scheduled(row, fast, told) {
  let starts = context.currentTime + 0.05;
  const sources = row.map(({ key, sound, most }, n) => {
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(context.destination);
    source.onended = () => source.disconnect();
    const whole = Math.min(most, sound.duration);
    source.start(starts, 0, whole);
    starts += (fast && key === "bel" ? Math.min(BELL_FAST_S, whole) : whole) + pause(key, row[n + 1]?.key, fast);
    return source;
  });
  told();
  const over = new Promise((done) => {
    stop = () => {
      sources.forEach((source) => source.stop());
      done();
    };
    sources.at(-1).addEventListener("ended", done, { once: true });
  });
  await Promise.race([over, wait((starts - context.currentTime) * 1000 + GRACE_MS)]);
  stop = () => {};
  return true;
}

async function oneByOne(row, told) {
  let sounded = false, go = true;
  for (const { sound, most } of row) {
    if (!go) break;
    sound.currentTime = 0;
    const over = new Promise((done) => {
      stop = () => { go = false; sound.pause(); done(); };
      sound.onended = sound.onerror = done;
    });
    try {
      await sound.play();
    } catch (error) {
      if (error.name !== "NotAllowedError") continue;
      lock(true);
      break;
    }
    lock(false);
    if (!sounded) told();
    sounded = true;
    const lasts = (sound.duration || PATIENCE_MS / 1000) * 1000 + GRACE_MS;
    await Promise.race([over, wait(Math.min(most * 1000, lasts))]);
    sound.pause();
  }
  stop = () => {};
  return sounded;
}

// -- may the page sound? ---------------------------------------------------------------------------

function theContext() {
  if (!context) {
    context = new Sound();
    context.addEventListener("statechange", () => context.state === "running" && lock(false));
  }
  return context;
}

async function awake() {
  if (!Sound) return true; // the first play() tells
  if (theContext().state !== "running") await within(ASK_MS, context.resume());
  const running = context.state === "running";
  lock(!running);
  return running;
}

function lock(now) {
  if (locked !== now) {
    locked = now;
    tell(now ? "mpp:locked" : "mpp:unlocked");
  }
  for (const one of document.querySelectorAll("[data-voice-locked]")) one.hidden = !now;
}

export const unlocked = () => !locked;

export async function unlock() {
  if (Sound) return awake();
  lock(false);
  return true;
}

for (const touch of ["pointerdown", "pointerup", "keydown"]) {
  document.addEventListener(touch, () => { if (locked) unlock(); }, { capture: true });
}
