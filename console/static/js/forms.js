// Decisions: forms go to the API, and what is missing is said where the button is.
import { asked, post, Refused, sentence } from "./api.js";

const NAMES = {
  source: "The second source",
  reference: "The reference number",
  reason: "A reason",
  outcome: "The outcome",
  note: "The note",
  plate: "The plate",
  state: "The state",
};

const said = (form) => form.querySelector(".said") ?? document.querySelector("#verify .said");

function complain(form, text, fields = []) {
  const place = said(form);
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  form.querySelector("#reasons")?.removeAttribute("data-missing");
  if (place) place.textContent = text;
  const needs = document.getElementById("needs");
  if (needs) needs.hidden = Boolean(text);
  fields.forEach((name, i) => {
    const field = form.querySelector(`select[name="${name}"], input[name="${name}"]`);
    if (!field) return;
    if (field.type === "radio") field.closest("fieldset").dataset.missing = "";
    else field.setAttribute("aria-invalid", "true");
    if (i === 0) field.focus();
  });
}

/** What the press of this button still needs: [field names, sentence]. */
function missing(form, action, body) {
  if (action === "verify") {
    const fields = ["source", "reference"].filter((name) => !body[name]);
    const words = { source: "the second source", reference: "its reference number" };
    return [fields, `Verify needs ${fields.map((name) => words[name]).join(" and ")}.`];
  }
  if (action === "look") {
    const read = body.plate || body.unread;
    return read ? [[], ""] : [["plate"], "Type what you read, or press Cannot read it."];
  }
  const needs = { reject: "reason", recall: "reason", close: "outcome" }[action];
  if (!needs || body[needs]) return [[], ""];
  const words = { reject: "Reject needs a reason.", recall: "Recall needs its reason.", close: "Choose the outcome." };
  return [[needs], words[action]];
}

/** Which fields belong to which decision of the form that holds both. */
const KEEP = { verify: ["source", "reference"], reject: ["reason", "note"] };

/** The line above the reasons says what Verify still needs. */
function look() {
  const form = document.querySelector("form[data-decide]");
  const needs = document.getElementById("needs");
  if (!form || !needs) return;
  const [fields, words] = missing(form, "verify", asked(form));
  needs.textContent = fields.length ? words : "The second source and its number are there.";
}

export function start({ done }) {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-api]");
    if (!form) return;
    event.preventDefault();
    if (form.dataset.busy !== undefined) return;
    const button = event.submitter;
    // The property would be the page's own address when the attribute is not there.
    const path = button?.getAttribute("formaction") ?? form.getAttribute("action");
    const action = path.split("/").pop();
    let body = asked(form);
    if (button?.name) body[button.name] = button.value;
    if (KEEP[action]) body = Object.fromEntries(Object.entries(body).filter(([k]) => KEEP[action].includes(k)));
    const [fields, words] = missing(form, action, body);
    if (fields.length) {
      complain(form, words, fields);
      return;
    }
    complain(form, "");
    form.dataset.busy = "";
    try {
      await post(`/api${path}`, body);
      delete form.dataset.busy;
      await done();
    } catch (problem) {
      delete form.dataset.busy;
      if (!(problem instanceof Refused)) throw problem;
      // Somebody else may have been quicker: show what is true now, and say what happened.
      if (problem.status === 409) await done();
      const now = document.contains(form) ? form : document.getElementById("verify");
      complain(now, sentence(problem, NAMES), problem.field ? [problem.field] : []);
    }
  });
  document.addEventListener("input", (event) => {
    if (!event.target.closest("form[data-decide]")) return;
    event.target.removeAttribute("aria-invalid");
    event.target.closest("fieldset")?.removeAttribute("data-missing");
    document.getElementById("said").textContent = "";
    document.getElementById("needs").hidden = false;
    look();
  });
  look();
}
start.look = look;
