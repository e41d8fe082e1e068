// Clocks: ages, what is left of a claim, the time of day. By the server's clock, in the
// agency's zone; the words are those of console/words.py.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

let ahead = new Date(meta("now") ?? Date.now()) - Date.now();

/** The server's time, as well as we know it. */
export const now = () => Date.now() + ahead;

/** Take the time from an answer's Date header, when it says that we are off. */
export function correct(response) {
  const date = Date.parse(response.headers.get("date") ?? "");
  // The header has whole seconds: it is the truth only to within one.
  if (date && Math.abs(date + 500 - now()) > 2000) ahead = date + 500 - Date.now();
}

/** "4:31" below an hour, "5 h 12" below two days, then "3 d"; never negative. */
export function span(ms) {
  const s = Math.max(0, Math.trunc(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.trunc(s / 60)}:${two(s % 60)}`;
  if (s < 48 * 3600) return `${Math.trunc(s / 3600)} h ${two(Math.trunc((s % 3600) / 60))}`;
  return `${Math.trunc(s / 86400)} d`;
}

const timeZone = meta("zone") || "UTC";
const clockFormat = new Intl.DateTimeFormat("en-US", {
  timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const dayFormat = new Intl.DateTimeFormat("en-US", {
  timeZone, weekday: "short", month: "short", day: "numeric",
});

/** "21:02:09" in the agency's zone. */
export const clock = (ms) => clockFormat.format(ms);

export function tick(root = document) {
  const at = now();
  for (const time of root.querySelectorAll("time[data-clock]")) {
    const moment = Date.parse(time.dateTime);
    const left = time.dataset.clock === "left";
    const text = span(left ? moment - at : at - moment);
    if (time.textContent !== text) time.textContent = text;
    if (left && moment - at < 60000) {
      (time.closest(".claim") ?? time.parentElement).classList.add(
        time.closest(".claim") ? "claim--soon" : "late",
      );
    }
  }
  const wall = document.getElementById("clock");
  if (wall) wall.textContent = clock(at);
  const day = document.getElementById("day");
  if (day) day.textContent = dayFormat.format(at);
}

/** Keep every clock of the page running. */
export function run() {
  tick();
  setInterval(tick, 1000);
}
