// The page where the mall's own voice is recorded: one word after another. What is recorded becomes a
// short WAV as the robot's clips are: mono, without the silence round it, equally loud.
import { know, say } from "./voice.js";

const RATE = 22050, LONGEST_MS = 4500, AROUND_S = 0.04, LOUD = 10 ** (-18 / 20), PEAK = 0.89, FAINT = 0.01;
const at = (id) => document.getElementById(id);
const page = at("voice"), studio = at("studio"), upload = at("upload"), says = at("says").dataset;
const recordButton = at("record"), keepButton = at("keep"), heard = at("heard");
const key = () => current?.dataset.key;
const rows = () => [...page.querySelectorAll("[data-word]")];
let current, microphone, recorder, clip, timer;

know(JSON.parse(at("addresses").textContent));
at("example").hidden = false;
at("example").addEventListener("click", () => say(at("example").dataset.keys.split(" ")));

// -- one word after another ------------------------------------------------------------------------

function wanted(row) {
  return row && (!at("missing").checked || !("recorded" in row.dataset));
}

function show(row, told) {
  current = row;
  clip = null;
  heard.hidden = keepButton.hidden = true;
  recordButton.disabled = !row;
  recordButton.textContent = recordButton.dataset.record;
  at("word").textContent = row ? row.dataset.word : "";
  if (told) tell(told);
}

function next(told) {
  const all = rows(), from = all.indexOf(current) + 1;
  const row = [...all.slice(from), ...all.slice(0, from)].find((one) => one !== current && wanted(one));
  show(row, row ? told : says.done);
  if (row) recordButton.focus();
}

const tell = (words) => { at("told").textContent = words; };

// -- recording -------------------------------------------------------------------------------------

async function start() {
  try {
    microphone ??= await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, autoGainControl: false, noiseSuppression: true },
    });
  } catch {
    return tell(says.noMicrophone);
  }
  heard.pause();
  const pieces = [], word = key(), mine = new MediaRecorder(microphone);
  recorder = mine;
  mine.ondataavailable = ({ data }) => pieces.push(data);
  mine.onstop = () => {
    if (recorder === mine) delete studio.dataset.recording;
    finish(new Blob(pieces, { type: mine.mimeType }), word);
  };
  mine.start();
  timer = setTimeout(stop, LONGEST_MS);
  heard.hidden = keepButton.hidden = true;
  recordButton.textContent = recordButton.dataset.stop;
  studio.dataset.recording = "";
  tell(says.recording);
}

function stop() {
  clearTimeout(timer);
  if (recorder?.state === "recording") recorder.stop();
}

// What was recorded is for the word that stood there then; once another stands there it is dropped.
async function finish(recording, word) {
  if (key() !== word) return;
  recordButton.textContent = recordButton.dataset.again;
  const samples = await cut(recording).catch(() => null);
  if (key() !== word || "recording" in studio.dataset) return;
  if (!samples) return tell(says.quiet);
  clip = wav(samples);
  URL.revokeObjectURL(heard.src);
  heard.src = URL.createObjectURL(clip);
  heard.hidden = keepButton.hidden = false;
  heard.play().catch(() => {});
  tell(says.heard);
  keepButton.focus();
}

// Mono at the robot's rate, from the first to the last loud moment, as loud as its words.
async function cut(recording) {
  const coded = await recording.arrayBuffer();
  const whole = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(coded);
  const mono = new OfflineAudioContext(1, Math.ceil(whole.duration * RATE), RATE);
  const source = mono.createBufferSource();
  source.buffer = whole;
  source.connect(mono.destination);
  source.start();
  const samples = (await mono.startRendering()).getChannelData(0);
  const top = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  if (top < FAINT) return null;
  const loud = (one) => Math.abs(one) > top / 12;
  const around = AROUND_S * RATE;
  const first = Math.max(0, samples.findIndex(loud) - around), last = samples.findLastIndex(loud) + around;
  const word = samples.slice(first, last);
  const middle = Math.sqrt(word.reduce((sum, one) => sum + one * one, 0) / word.length);
  const gain = Math.min(LOUD / middle, PEAK / top);
  return word.map((one) => one * gain);
}

function wav(samples) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const word = (offset, text) => [...text].forEach((one, n) => view.setUint8(offset + n, one.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((one, n) => view.setInt16(44 + 2 * n, one * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}

async function keep() {
  if (!clip || keepButton.disabled) return;
  keepButton.disabled = true;
  const row = current, word = key(), form = new FormData(upload);
  form.set("kata", word);
  form.set("berkas", clip, `${word}.wav`);
  try {
    const headers = { "X-Requested-With": "fetch" };
    const answer = await fetch(page.dataset.keep, { method: "POST", body: form, headers });
    if (answer.status >= 500 || answer.redirected) throw new Error(answer.status);
    const said = await answer.json();
    if (!answer.ok) return tell(said.message);
    know({ [word]: said.address });
    const stays = current === row && !("recording" in studio.dataset);
    redraw(row, said.row);
    if (stays) next(says.kept);
  } catch {
    tell(says.lost);
  } finally {
    keepButton.disabled = false;
  }
}

function redraw(row, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-key]");
  row.replaceWith(fresh);
  if (current === row) current = fresh;
  offer(fresh);
  at("recorded").textContent = page.querySelectorAll("[data-word][data-recorded]").length;
}

const offer = (row) => { row.querySelector("[data-record-one]").hidden = false; };

// -- buttons and the space bar ---------------------------------------------------------------------

recordButton.addEventListener("click", () => ("recording" in studio.dataset ? stop() : start()));
keepButton.addEventListener("click", keep);
at("skip").addEventListener("click", () => { stop(); next(""); });
page.addEventListener("click", (event) => {
  const one = event.target.closest("[data-record-one]");
  if (!one || "recording" in studio.dataset) return;
  show(one.closest("[data-key]"));
  studio.scrollIntoView({ block: "center" });
  recordButton.focus({ preventScroll: true });
});
// Anywhere else than on something that has its own use for it, space is the button of the moment.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.repeat || studio.hidden) return;
  if (event.target.closest("button, a, input, select, textarea, summary, audio")) return;
  event.preventDefault();
  (keepButton.hidden ? recordButton : keepButton).click();
});
// An open microphone is not left behind.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden || !microphone) return;
  stop();
  microphone.getTracks().forEach((track) => track.stop());
  microphone = null;
});

if (navigator.mediaDevices && window.MediaRecorder) {
  studio.hidden = false;
  rows().forEach(offer);
  show(rows().find(wanted));
}
