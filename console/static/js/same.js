// Whether a fragment says anything new. What is on the screen is replaced only then: a button that is
// replaced between the press and the release of the mouse would swallow the click.

/** The server's words of these elements: without running clocks and marks of our own. */
export function print(elements) {
  return [...elements]
    .map((element) => {
      const copy = element.cloneNode(true);
      for (const time of copy.querySelectorAll("time[data-clock]")) time.textContent = "";
      for (const row of copy.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
      return copy.outerHTML;
    })
    .join("");
}

/** A picture that could not be loaded is worth another try. */
export const failed = (element) => element.querySelector("[data-failed]") !== null;
