// The complaint's pages: photos are made small before they go, words stay on this device for a day,
// nothing is lost without a signal, and number and PIN can be saved. All of it works without this.
const KEPT_MS = 24 * 3600 * 1000;
const LONGEST_SIDE = 2048;
const SMALL_ENOUGH = 400_000; // bytes
const DRAFT = ["text", "kind", "about", "agency", "subject", "place", "counter_number", "happened_on", "happened_time", "anonymous", "confidential", "request_key"];

function store(act) {
  try {
    return act(localStorage);
  } catch {
    return null; // a browser that keeps nothing
  }
}

// -- photos -------------------------------------------------------------------------------------
let shrinking = Promise.resolve();

async function small(file) {
  if (!file.type.startsWith("image/") || file.size < SMALL_ENOUGH) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const paper = canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
  } catch {
    return file; // what this browser cannot open, the portal looks at
  }
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;
}

for (const field of document.querySelectorAll("[data-files]")) {
  const input = field.querySelector("input");
  field.querySelector(".m-hint").append(` ${field.dataset.hint}`);
  const list = document.createElement("ul");
  list.className = "m-picked m-small";
  list.setAttribute("role", "status");
  field.append(list);
  input.classList.add("visually-hidden");
  field.querySelector(".btn").hidden = false;
  input.addEventListener("change", () => {
    shrinking = shrinking.then(async () => {
      const files = await Promise.all([...input.files].map(small));
      const kept = new DataTransfer();
      files.forEach((file) => kept.items.add(file));
      input.files = kept.files;
      list.replaceChildren(...files.map((file) => {
        const line = document.createElement("li");
        line.textContent = `${file.name}, ${size(file.size)}`;
        return line;
      }));
    });
  });
}

// -- the draft ----------------------------------------------------------------------------------
const form = document.querySelector("[data-draft]");

function fields() {
  return [...form.elements].filter((one) => DRAFT.includes(one.name));
}

function told() {
  const draft = {};
  for (const one of fields()) {
    if (one.type === "radio" || one.type === "checkbox") {
      if (one.checked) draft[one.name] = one.value;
    } else draft[one.name] = one.value;
  }
  return draft;
}

if (form) {
  const name = form.dataset.draft;
  const note = document.getElementById("draf");
  const keep = () => {
    if (!form.elements.text.value.trim()) return;
    note.hidden = store((kept) => (kept.setItem(name, JSON.stringify({ at: Date.now(), told: told() })), true)) !== true;
  };
  const draft = store((kept) => JSON.parse(kept.getItem(name)));
  if (draft && !(draft.at + KEPT_MS > Date.now())) store((kept) => kept.removeItem(name));
  else if (draft && !form.elements.text.value) {
    const asked = new URLSearchParams(location.search);
    const elsewhere = asked.has("tiket") || asked.has("layanan"); // comes from a ticket: that is what it is about
    for (const one of fields()) {
      if (elsewhere && ["about", "agency"].includes(one.name)) continue;
      if (one.type === "radio" || one.type === "checkbox") one.checked = draft.told[one.name] === one.value;
      else if (one.name in draft.told) one.value = draft.told[one.name];
    }
    note.hidden = false;
  } else if (form.elements.text.value) keep();
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  note.querySelector("button").addEventListener("click", () => {
    store((kept) => kept.removeItem(name));
    form.reset();
    form.elements.text.value = "";
    note.hidden = true;
    location.replace(form.action); // with a key of its own
  });

  // Ask whether anybody is there before the words leave the page.
  let sending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    const button = event.submitter;
    button?.setAttribute("aria-busy", "true");
    keep();
    await shrinking;
    const there = await fetch(form.action, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout?.(10_000) }).then(() => true, () => false);
    button?.removeAttribute("aria-busy");
    sending = false;
    document.getElementById("sinyal")?.remove();
    if (there) return form.submit();
    const calm = document.createElement("div");
    calm.id = "sinyal";
    calm.className = "m-note m-note--warn mb-3";
    calm.setAttribute("role", "alert");
    calm.append(Object.assign(document.createElement("p"), { textContent: form.dataset.offline }));
    const dock = form.querySelector(".m-dock > div");
    dock.prepend(calm);
  });
}

for (const once of document.querySelectorAll("[data-once]")) {
  once.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (once.dataset.once) return;
    once.dataset.once = "sent";
    event.submitter?.setAttribute("aria-busy", "true");
    await shrinking;
    once.submit();
  });
}
addEventListener("pageshow", () => document.querySelectorAll("[data-once]").forEach((one) => (one.dataset.once = "")));

// -- filed --------------------------------------------------------------------------------------
const filed = document.querySelector("[data-filed]");
if (filed) store((kept) => kept.removeItem(filed.dataset.filed));

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-print], [data-save]");
  if (!button) return;
  if ("print" in button.dataset) return print();
  const words = document.getElementById(button.dataset.save).innerText.replace(/\n{2,}/g, "\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${words}\n${button.dataset.more}\n`], { type: "text/plain" }));
  link.download = button.dataset.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});
