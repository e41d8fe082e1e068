// The officer's phone: answers, and a recall that turns the page over the moment it arrives.
import { asked, fragment, post, Refused, sentence } from "./api.js";
import * as clock from "./clock.js";
import { listen } from "./live.js";
import { failed, print } from "./same.js";
import "./zoom.js";

const page = document.getElementById("page");
const lost = document.getElementById("lost");
const announce = document.getElementById("announce");
const code = document.body.dataset.code;
let connection = "waiting";
let shown = print(page.children);

const state = () => page.querySelector("[data-state][data-alert]");

function showConnection() {
  const live = document.getElementById("live");
  if (live) live.dataset.state = connection;
}

let asking = 0;
async function refresh() {
  const mine = ++asking;
  const fresh = await fragment(`/fragments/a/${encodeURIComponent(code)}`);
  if (mine !== asking) return;
  const was = state()?.dataset.state;
  const next = fresh.querySelector("[data-state][data-alert]").dataset.state;
  const now = print(fresh.body.children);
  if (now === shown && !failed(page)) return;
  const holder = document.createElement("div");
  holder.append(...fresh.body.children);
  // An open form (the outcome being chosen) stays, unless the alert itself moved on.
  if (was === next && page.querySelector("details[open]")) return;
  shown = now;
  page.replaceChildren(...holder.children);
  showConnection();
  clock.tick();
  if (was === next) return;
  document.body.classList.toggle("phone--recalled", next === "recalled");
  if (next === "recalled") {
    document.title = "RECALLED: do not stop - bolo";
    announce.textContent = "Recalled. Do not stop.";
    scrollTo(0, 0);
    document.getElementById("recalled-h").focus({ preventScroll: true });
    navigator.vibrate?.([300, 120, 300, 120, 600]);
  } else if (next === "closed") {
    document.title = "Closed - bolo";
  }
}

const quietly = (problem) => {
  if (!(problem instanceof Refused)) throw problem;
};

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.busy !== undefined) return;
  const said = (form.querySelector(".said") ?? page.querySelector(".said"));
  said.textContent = "";
  const body = asked(form);
  if (form.querySelector("[name=outcome]") && !body.outcome) {
    said.textContent = "Choose how it ended.";
    return;
  }
  form.dataset.busy = "";
  try {
    await post(form.dataset.post, body);
    form.closest("details")?.removeAttribute("open");
    await refresh();
  } catch (problem) {
    quietly(problem);
    if (problem.status === 409) await refresh().catch(quietly);
    else said.textContent = sentence(problem);
  } finally {
    delete form.dataset.busy;
  }
});

listen({
  changed: ({ alert }) => alert === state()?.dataset.alert && refresh().catch(quietly),
  reload: () => refresh().catch(quietly),
  state: (now, since) => {
    connection = now;
    showConnection();
    const late = now === "lost" && Date.now() - since > 3000;
    if (late && lost.hidden) {
      lost.textContent = `Lost at ${clock.clock(since + clock.now() - Date.now())}. A recall cannot reach this page. Ask dispatch by radio.`;
    }
    lost.hidden = !late;
  },
});
clock.run();
