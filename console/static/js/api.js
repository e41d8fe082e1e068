// Talking to the server: fragments to show, and decisions to send.
import { correct } from "./clock.js";

/** What went wrong, in a person's words; `status` is 0 when nothing was reached. */
export class Refused extends Error {
  constructor(status, problem, field = "") {
    super(problem);
    this.status = status;
    this.field = field;
  }
}

const UNREACHED = "The server was not reached. Nothing was sent; try again.";

async function reach(path, options) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 15000);
  let response;
  try {
    response = await fetch(path, { ...options, signal: limit.signal, redirect: "error" });
  } catch {
    throw new Refused(0, UNREACHED);
  } finally {
    clearTimeout(timer);
  }
  correct(response);
  if (response.ok) return response;
  if (response.status === 401) location.reload(); // the log-in page, and back here after it
  let error = { problem: `The server answered ${response.status}.`, field: "" };
  try {
    error = (await response.json()).error ?? error;
  } catch {
    // Not one of our answers: the status says enough.
  }
  throw new Refused(response.status, error.problem, error.field);
}

/** A fragment as a document. */
export async function fragment(path) {
  const response = await reach(path, {});
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** POST to the API. */
export async function post(path, body) {
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const options = { method: "POST", headers: { "X-CSRF": csrf } };
  if (body && Object.keys(body).length) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  return (await reach(path, options)).json();
}

/** What a form asks for: its filled fields, without the token. */
export function asked(form) {
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (name !== "csrf" && value.trim() !== "") body[name] = value.trim();
  }
  return body;
}

/** "is required" as a sentence about its field. */
export function sentence(problem, names = {}) {
  const text = problem.field ? `${names[problem.field] ?? problem.field} ${problem.message}` : problem.message;
  const full = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(full) ? full : `${full}.`;
}
