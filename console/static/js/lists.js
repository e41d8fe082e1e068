// Lists, live: how far a refresh is and what came of it. Asked for again every two seconds while one
// runs or was just asked for, and every fifteen otherwise; never while the page is hidden.
import { fragment, Refused } from "./api.js";
import * as clock from "./clock.js";
import { print } from "./same.js";

const SOON = 2000;
const CALM = 15000;
const JUST = 30000; // ms after the page was opened in which a refresh may only now begin

const live = document.querySelector("[data-live]");
const opened = Date.now();
const said = live.querySelector("[data-generations]")?.dataset.generations;
let shown = print(live.children);
let pressed = false;

function announce() {
  const where = document.getElementById("lists-live") ?? document.getElementById("announce");
  const running = live.querySelectorAll("[data-running]").length;
  const text = running ? `${running === 1 ? "A refresh is" : `${running} refreshes are`} running.` : "";
  if (where && where.textContent !== text) where.textContent = text;
}

async function refresh() {
  const fresh = await fragment(live.dataset.live);
  const now = print(fresh.body.children);
  const generations = fresh.querySelector("[data-generations]")?.dataset.generations;
  if (generations !== said) document.getElementById("moved").hidden = false;
  if (now === shown || pressed) return;
  shown = now;
  const focused = document.activeElement;
  const again = live.contains(focused) ? focused.id || focused.getAttribute("href") : null;
  live.replaceChildren(...fresh.body.children);
  if (again) (document.getElementById(again) ?? live.querySelector(`a[href="${CSS.escape(again)}"]`))?.focus();
  clock.tick();
}

async function look() {
  let wait = CALM;
  if (!document.hidden) {
    try {
      await refresh();
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
    }
    announce();
    if (live.querySelector("[data-running]") || Date.now() - opened < JUST) wait = SOON;
  }
  setTimeout(look, wait);
}

addEventListener("pointerdown", () => (pressed = true));
addEventListener("pointerup", () => (pressed = false));
addEventListener("pointercancel", () => (pressed = false));
clock.run();
setTimeout(look, SOON);
