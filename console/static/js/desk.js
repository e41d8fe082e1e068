// The dispatcher's desk: live queue, chosen alert, decisions.
import { fragment, Refused } from "./api.js";
import * as clock from "./clock.js";
import { listen } from "./live.js";
import { failed, print } from "./same.js";
import * as keys from "./keys.js";
import * as sound from "./sound.js";
import { start as startForms } from "./forms.js";
import { start as startZoom } from "./zoom.js";

const queue = document.getElementById("queue");
const announce = document.getElementById("announce");
const shown = { queue: print(queue.children) };
for (const part of ["alert", "verify", "lists", "troubles"]) {
  shown[part] = print([document.getElementById(part)]);
}
let show = "all";
let known = new Set(rows().map(what));
let stuck = new Set();
let asking = 0;

/** An alert that comes to wait for a second person is news again. */
function what(row) {
  return `${row.dataset.choose} ${row.parentElement.dataset.waits ?? ""}`;
}

function rows() {
  return [...queue.querySelectorAll("a.row")];
}

const chosen = () => document.getElementById("alert").dataset.alert ?? null;

// ---- the queue ----

function mark() {
  for (const row of rows()) {
    if (row.dataset.choose === chosen()) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    const kind = row.parentElement.dataset.kind;
    const free = kind === "open" || kind === "lapsed";
    row.parentElement.hidden = (show === "unclaimed" && !free) || (show === "yours" && kind !== "yours");
  }
  for (const button of queue.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === show));
  }
  const { unclaimed, immediate } = queue.querySelector(".queue-head").dataset;
  const agency = document.title.split(" - ").slice(1).join(" - ");
  const urgent = Number(immediate) ? `, ${immediate} immediate` : "";
  document.title = `${unclaimed} unclaimed${urgent} - ${agency}`;
}

function news() {
  const fresh = rows().filter((row) => !known.has(what(row)));
  known = new Set([...known, ...fresh.map(what)]);
  const open = fresh.filter((row) => row.parentElement.dataset.kind === "open");
  if (open.some((row) => row.dataset.priority === "1")) sound.ring();
  if (open.length) {
    const words = open[0].querySelector(".row-what").textContent.trim().replace(/\s+/g, " ");
    const second = open[0].parentElement.dataset.waits;
    announce.textContent = `${second ? "Needs a second person" : "New possible hit"}: ${words}`;
  }
}

async function refreshQueue() {
  const page = await fragment("/fragments/queue");
  const now = print(page.body.children);
  if (now === shown.queue) return;
  shown.queue = now;
  const scroll = queue.querySelector(".rows").scrollTop;
  const focused = queue.contains(document.activeElement)
    ? document.activeElement.getAttribute("href") ?? document.activeElement.dataset.show
    : null;
  const open = queue.querySelector(".ended")?.open;
  queue.replaceChildren(...page.body.children);
  if (open && queue.querySelector(".ended")) queue.querySelector(".ended").open = true;
  queue.querySelector(".rows").scrollTop = scroll;
  if (focused) {
    const again = [...queue.querySelectorAll("a, button")].find(
      (e) => e.getAttribute("href") === focused || e.dataset.show === focused,
    );
    again?.focus({ preventScroll: true });
  }
  mark();
  news();
  clock.tick(queue);
}

// ---- the chosen alert ----

/** Put `fresh` in the place of `old`; what somebody has typed and where they are stays. */
function swap(old, fresh) {
  const same = old.dataset.alert === fresh.dataset.alert;
  const scroll = same ? old.scrollTop : 0;
  const typed = same
    ? [...old.querySelectorAll("input:not([type=hidden]), select, textarea")].map((field) => ({
        name: field.name,
        value: field.value,
        kind: field.type,
        checked: field.checked,
        focused: field === document.activeElement,
        at: field.type === "text" ? field.selectionStart : null,
      }))
    : [];
  const open = same ? [...old.querySelectorAll("details")].map((d) => d.open) : [];
  const inside = old.contains(document.activeElement);
  old.replaceWith(fresh);
  fresh.scrollTop = scroll;
  for (const was of typed) {
    const radio = was.kind === "radio";
    const field = [...fresh.querySelectorAll(`[name="${CSS.escape(was.name)}"]`)].find(
      (f) => f.type === was.kind && (!radio || f.value === was.value),
    );
    if (!field) continue;
    if (radio) field.checked = was.checked;
    else field.value = was.value;
    if (was.focused) {
      field.focus({ preventScroll: true });
      if (was.at !== null) field.setSelectionRange(was.at, was.at);
    }
  }
  [...fresh.querySelectorAll("details")].forEach((d, i) => (d.open = open[i] ?? d.open));
  if (inside && document.activeElement === document.body) fresh.focus({ preventScroll: true });
}

async function refreshAlert(id, { push = false } = {}) {
  const mine = ++asking;
  const page = await fragment(`/fragments/alerts/${encodeURIComponent(id)}`);
  if (mine !== asking) return; // another alert was chosen meanwhile
  for (const part of ["alert", "verify"]) {
    const old = document.getElementById(part);
    const fresh = page.getElementById(part);
    const now = print([fresh]);
    if (now === shown[part] && !failed(old)) continue;
    shown[part] = now;
    swap(old, document.importNode(fresh, true));
  }
  if (push) history.pushState({ alert: id }, "", `/alerts/${id}`);
  mark();
  clock.tick();
  startForms.look();
}

async function choose(id) {
  try {
    await refreshAlert(id, { push: id !== chosen() });
    queue.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  } catch (problem) {
    if (problem instanceof Refused && problem.status === 404) await refreshQueue();
    else if (!(problem instanceof Refused)) throw problem;
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-choose]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  choose(link.dataset.choose);
});
addEventListener("popstate", () => {
  const id = location.pathname.match(/^\/alerts\/([^/]+)$/)?.[1];
  if (id) refreshAlert(id).catch(() => location.reload());
  else location.reload();
});
queue.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show]");
  if (!button) return;
  show = button.dataset.show;
  mark();
});

function step(by) {
  const seen = rows().filter((row) => !row.parentElement.hidden);
  if (!seen.length) return;
  const at = seen.findIndex((row) => row.dataset.choose === chosen());
  choose(seen[Math.min(Math.max(at + by, 0), seen.length - 1)].dataset.choose);
}

function nextFree() {
  const free = rows().filter((row) => ["open", "lapsed"].includes(row.parentElement.dataset.kind));
  if (free.length) choose((free.find((row) => row.dataset.choose !== chosen()) ?? free[0]).dataset.choose);
}

// ---- live ----

let pending = null;
let all = false;
let busy = false;

/** Fetch again what changed; many changes at once are one fetch. */
async function refresh({ everything = false, alert = null } = {}) {
  all ||= everything;
  if (alert && alert === chosen()) pending = alert;
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      const [whole, one] = [all, pending];
      [all, pending] = [false, null];
      await refreshQueue();
      if (chosen() === null) {
        const first = rows()[0]?.dataset.choose;
        if (first) await refreshAlert(first);
      } else if (whole || one) await refreshAlert(chosen());
      await refreshTop();
    } while (again);
  } catch (problem) {
    // A connection that is away says so by itself, and its return fetches everything.
    if (!(problem instanceof Refused)) throw problem;
  } finally {
    busy = false;
  }
}
let again = false;

async function refreshTop() {
  const page = await fragment("/fragments/top");
  for (const part of ["lists", "troubles"]) {
    const old = document.getElementById(part);
    const fresh = page.getElementById(part);
    const now = print([fresh]);
    if (now === shown[part]) continue;
    shown[part] = now;
    old.replaceWith(document.importNode(fresh, true));
  }
  const now = new Set([...document.querySelectorAll("[data-stuck]")].map((e) => e.dataset.stuck));
  if ([...now].some((id) => !stuck.has(id))) sound.ring(); // nobody came: it must be heard
  stuck = now;
}

const connection = document.getElementById("connection");
const lost = document.getElementById("lost");
const reconnect = listen({
  changed: ({ alert }) => refresh({ alert }),
  reload: () => refresh({ everything: true }),
  state: (state, since) => {
    connection.dataset.state = state;
    const now = state === "lost" && Date.now() - since > 3000;
    connection.querySelector("[data-lost-for]").textContent = since ? clock.span(Date.now() - since) : "";
    if (now && lost.hidden) {
      const what = document.createElement("b");
      what.textContent = `Connection lost at ${clock.clock(since + clock.now() - Date.now())}.`;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn--small";
      button.textContent = "Try now";
      button.addEventListener("click", () => reconnect());
      lost.replaceChildren(
        what,
        " This screen may be old. What you decide may not be sent until it is back. ",
        button,
      );
    }
    lost.hidden = !now;
  },
});

// Deliveries confirm themselves without an event, claims lapse, lists age: look now and then.
setInterval(() => {
  const steps = document.getElementById("verify");
  if (connection.dataset.state === "live" && "pending" in steps.dataset) {
    refreshAlert(chosen()).catch(() => {});
  }
}, 4000);
setInterval(() => connection.dataset.state === "live" && refresh({ everything: true }), 60000);
let ran = null;
setInterval(() => {
  const left = document.querySelector('#verify time[data-clock="left"]');
  if (!left || left.dateTime === ran || Date.parse(left.dateTime) + 500 > clock.now()) return;
  ran = left.dateTime;
  refresh({ everything: true });
}, 500);

clock.run();
sound.start();
startForms({ done: () => refresh({ everything: true }) });
startZoom();
keys.start({
  j: () => step(1),
  k: () => step(-1),
  n: nextFree,
  s: () => document.getElementById("source")?.focus(),
  b: () => (document.getElementById("seen-state") ?? document.getElementById("seen-plate"))?.focus(),
});
mark();
