// A list's file, sent as it is: how much of it has gone, then how far the check is, then what came of it.
import { fragment, Refused, sentence } from "./api.js";

const form = document.querySelector("form[data-upload]");
const progress = document.getElementById("progress");
const words = document.getElementById("progress-words");
const bar = document.getElementById("progress-bar");
const wrong = document.getElementById("upload-wrong");
const announce = document.getElementById("announce");
const whole = new Intl.NumberFormat("en-US");
let timer = null;

const megabytes = (n) => `${whole.format(Math.round(n / 1e5) / 10)} MB`;

function complain(text) {
  wrong.textContent = text;
  wrong.hidden = !text;
}

function show(result) {
  document.getElementById("result-says").replaceChildren(
    ...result.sentences.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
  );
  document.getElementById("result-note").classList.toggle("note--soon", result.outcome === "quarantined");
  const part = document.getElementById("result");
  part.hidden = false;
  part.focus();
}

/** Rows so far, as every desk sees them. */
async function rows() {
  try {
    const page = await fragment(`/fragments/lists/${form.dataset.upload.split("/")[3]}`);
    const running = page.querySelector("[data-running] div:nth-child(4) .num");
    if (running && timer) words.textContent = `Sent. Checking: ${running.textContent}.`;
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
  }
  if (timer) timer = setTimeout(rows, 1000);
}

function end(busy) {
  clearTimeout(timer);
  timer = null;
  progress.hidden = !busy;
  form.querySelector('button[type="submit"]').disabled = busy;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const file = form.elements.file.files[0];
  if (!file) {
    complain("Choose the file first.");
    form.elements.file.focus();
    return;
  }
  complain("");
  end(true);
  const request = new XMLHttpRequest();
  request.open("POST", form.dataset.upload);
  request.setRequestHeader("X-CSRF", document.querySelector('meta[name="csrf"]').content);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = total ? loaded / total : 0;
    words.textContent = `${megabytes(loaded)} of ${megabytes(total)} sent.`;
  };
  request.upload.onload = () => {
    bar.removeAttribute("value");
    words.textContent = "Sent. Checking.";
    announce.textContent = "Sent. Checking.";
    timer = setTimeout(rows, 1000);
  };
  request.onload = () => {
    end(false);
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // Not one of our answers: the status says enough.
    }
    if (request.status === 200) show(answer);
    else {
      const error = answer.error ?? { problem: `the server answered ${request.status}`, field: "" };
      complain(sentence({ field: error.field, message: error.problem }, { file: "The file" }));
    }
  };
  request.onerror = () => {
    end(false);
    complain("The server was not reached, or it ended the transfer. The list in force stays as it is; try again.");
  };
  request.send(file);
});
