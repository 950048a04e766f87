// Asks, once its button is pressed, that this browser be told of the turn; and no longer. How it
// stands is written on <html>, for the page within is drawn anew when the ticket changes.
const root = document.documentElement;
const here = () => document.getElementById("kabari");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const apple = /iP(hone|ad|od)/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

// A subscription's name, as the server writes it on the page.
async function named({ endpoint }) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function look() {
  if (!able) {
    if (apple && !navigator.standalone) root.dataset.push = "install";
    return;
  }
  if (Notification.permission === "denied") return (root.dataset.push = "denied");
  const told = Notification.permission === "granted" && (await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription());
  root.dataset.push = told && (await named(told)) === here()?.dataset.told ? "on" : "off";
}

function show(state) {
  root.dataset.push = state;
  here()?.querySelector(`[data-if=${state}] [tabindex], [data-if=${state}] button`)?.focus();
}

async function subscribe() {
  const permission = await Notification.requestPermission();
  if (permission === "denied") show("denied");
  if (permission !== "granted") return;
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: bytes(here().dataset.key) };
  const subscription = await pushManager.subscribe(options).catch(async (error) => {
    const old = error.name === "InvalidStateError" && (await pushManager.getSubscription());
    if (!old) throw error;
    await old.unsubscribe(); // it was made for another key
    return pushManager.subscribe(options);
  });
  await tell(subscription);
}

async function tell(subscription) {
  const form = here();
  const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const answer = await fetch(form.action, { method: "POST", headers, body: JSON.stringify({ subscription }) });
  if (!answer.ok) throw Object.assign(new Error(answer.status), await answer.json().catch(() => null), { refused: true });
  show(subscription ? "on" : "off");
}

document.addEventListener("submit", async (event) => {
  const { target, submitter } = event;
  if (target !== here()) return;
  event.preventDefault();
  if (submitter.ariaBusy) return;
  submitter.ariaBusy = "true";
  const status = target.querySelector("[role=status]");
  status.textContent = "";
  try {
    await (submitter.name ? tell(null) : subscribe());
  } catch (error) {
    const words = error.refused && error.code && error.message;
    status.textContent = words || target.dataset[error instanceof DOMException ? "broken" : "away"];
  }
  submitter.ariaBusy = null;
});
look();
