// A picture, large. Without script the link opens the picture itself.
export function start() {
  const dialog = document.getElementById("zoom");
  const large = dialog.querySelector("img");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-zoom]");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const small = link.querySelector("img") ?? link.closest("figure")?.querySelector("img");
    large.src = link.href;
    large.alt = small?.alt ?? "Picture";
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

// A picture that cannot be fetched says so in words.
document.addEventListener(
  "error",
  (event) => {
    const image = event.target;
    if (!(image instanceof HTMLImageElement) || !image.matches(".picture")) return;
    const words = document.createElement("p");
    words.className = "missing";
    words.dataset.failed = "";
    words.textContent = "The picture could not be loaded.";
    (image.closest("a") ?? image).replaceWith(words);
  },
  true,
);
