// Single keys: one press presses the button that shows it. They can be turned off, and they are off
// while somebody types (WCAG 2.1.4).
let on = true;
try {
  on = localStorage.getItem("bolo-keys") !== "off";
} catch {
  // Kept for this page only.
}

const typing = (element) =>
  element?.matches?.("input:not([type=radio]), textarea, select, [contenteditable]") ?? false;

/** `moves`: what J, K and the like do. Every other key presses [data-key] or picks a reason. */
export function start(moves) {
  const button = document.getElementById("keys");
  const show = () => {
    button.setAttribute("aria-checked", String(on));
    button.textContent = on ? "Single keys on" : "Single keys off";
    button.closest(".keys").classList.toggle("is-off", !on);
  };
  button.addEventListener("click", () => {
    on = !on;
    try {
      localStorage.setItem("bolo-keys", on ? "on" : "off");
    } catch {
      // Kept for this page only.
    }
    show();
  });
  show();
  addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (moves[key]) {
      event.preventDefault();
      moves[key]();
      return;
    }
    if (/^[1-9]$/.test(key)) {
      const reason = document.querySelectorAll("#reasons input[type=radio]")[Number(key) - 1];
      if (reason) {
        event.preventDefault();
        reason.click();
        reason.focus();
      }
      return;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (target) {
      event.preventDefault();
      target.click();
    }
  });
}
