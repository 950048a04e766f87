// The field to type in has the focus once the admin's frame stands (it may hide the page until then).
addEventListener("load", () => {
  const field = document.querySelector("[autofocus]");
  if (field && document.activeElement === document.body) field.focus();
});

// Calls for help and devices in trouble, asked for again every quarter of a minute. What has the
// focus keeps it; the tab says how many call.
const EVERY_MS = 15_000;
const calls = document.getElementById("panggilan");
const title = document.title;
let before = calls?.innerHTML;

function tell() {
  const { waiting } = calls.dataset;
  document.title = waiting === "0" ? title : `(${waiting}) ${title}`;
}

async function look() {
  try {
    const answer = await fetch(calls.dataset.url, { signal: AbortSignal.timeout?.(10_000) });
    if (!answer.ok || answer.redirected) return;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("panggilan");
    if (!now || plain(now.innerHTML) === before) return;
    const focused = calls.contains(document.activeElement) && document.activeElement.id;
    before = plain(now.innerHTML);
    calls.dataset.waiting = now.dataset.waiting;
    calls.innerHTML = now.innerHTML;
    if (focused) document.getElementById(focused)?.focus();
    tell();
  } catch {
    // no network now: the next look tries again
  }
}

// The forms' tokens differ each time; what is said does not.
function plain(html) {
  return html.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
}

if (calls) {
  before = plain(before);
  tell();
  setInterval(look, EVERY_MS);
}
