// The officer's list of verified alerts, live.
import { fragment, Refused } from "./api.js";
import * as clock from "./clock.js";
import { listen } from "./live.js";
import { print } from "./same.js";

const page = document.getElementById("page");
const lost = document.getElementById("lost");
let shown = print(page.children);

async function refresh() {
  try {
    const fresh = await fragment("/fragments/queue");
    const now = print(fresh.body.children);
    if (now === shown) return;
    shown = now;
    const focused = document.activeElement?.getAttribute?.("href");
    page.replaceChildren(...fresh.body.children);
    if (focused) page.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    clock.tick();
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
  }
}

listen({
  changed: refresh,
  reload: refresh,
  state: (now, since) => {
    document.getElementById("live").dataset.state = now;
    const late = now === "lost" && Date.now() - since > 3000;
    if (late && lost.hidden) {
      lost.textContent = `Lost at ${clock.clock(since + clock.now() - Date.now())}. New alerts and recalls cannot reach this page.`;
    }
    lost.hidden = !late;
  },
});
clock.run();
