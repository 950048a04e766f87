// A paired kiosk or display says that it is there. Call `beat` at once and then every 30 s; it rejects
// nothing. "reload" is its answer when staff asked for that, and when the device is paired no more:
// the page loads itself anew as soon as it may.
let since = "";

export async function beat(url, token, trouble = "") {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ trouble, since }),
      signal: AbortSignal.timeout?.(10_000),
    });
    if (answer.status === 403) return "reload"; // unpaired, or the page's token is too old
    const said = await answer.json();
    since ||= said.at ?? "";
    if (said.reload) return "reload";
  } catch {
    // no network now: the next beat tries again
  }
  return "";
}
