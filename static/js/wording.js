// The page of a message text: a word goes where the cursor stands, and the preview follows.
const form = document.getElementById("text"), preview = document.getElementById("preview");
const showMail = document.getElementById("show-mail");
const fields = ["subject", "short", "body"].map((name) => form.elements[name]);
let last = fields[2], timer, asked;

document.getElementById("wrong")?.focus();
for (const field of fields) {
  field.addEventListener("focus", () => { last = field; });
  field.addEventListener("input", later);
}
for (const button of form.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => {
    const into = last === fields[1] && !button.dataset.short ? fields[2] : last;
    into.focus();
    into.setRangeText(button.dataset.insert, into.selectionStart, into.selectionEnd, "end");
    later();
  });
}
showMail.hidden = true;

function later() {
  clearTimeout(timer);
  timer = setTimeout(show, 500);
}

async function show() {
  asked?.abort();
  asked = new AbortController();
  const headers = { "X-Requested-With": "fetch" };
  try {
    const answer = await fetch(preview.dataset.at, { method: "POST", body: new FormData(form), headers, signal: asked.signal });
    if (!answer.ok || answer.redirected) return;
    preview.innerHTML = await answer.text();
  } catch {
    return; // typed on, or no signal: the next change asks again
  }
  // A new frame each time: the one that is sent a form twice would fill the browser's history.
  const old = document.querySelector(".m-mail"), fresh = old.cloneNode();
  fresh.removeAttribute("src");
  old.replaceWith(fresh);
  form.requestSubmit(showMail);
}
