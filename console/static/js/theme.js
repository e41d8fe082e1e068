// The day or night theme, before anything is drawn. Not a module: modules run too late for that.
(() => {
  const root = document.documentElement;
  root.classList.add("js"); // what needs script is not shown without it
  const stored = () => {
    try {
      return localStorage.getItem("bolo-theme");
    } catch {
      return null;
    }
  };
  const show = (theme) => {
    root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.textContent = theme === "light" ? "Night" : "Day";
    }
  };
  root.dataset.theme = stored() === "light" ? "light" : "dark";
  document.addEventListener("DOMContentLoaded", () => {
    show(root.dataset.theme);
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-theme-switch]")) return;
      const next = root.dataset.theme === "light" ? "dark" : "light";
      try {
        localStorage.setItem("bolo-theme", next);
      } catch {
        // A browser that keeps nothing still switches for this page.
      }
      show(next);
    });
  });
})();
