// The sound of a new Immediate alert. Browsers allow sound only after somebody touched the
// page, so the desk says plainly when it would be silent.
let context = null;
let wanted = true;
try {
  wanted = localStorage.getItem("bolo-sound") !== "off";
} catch {
  // Kept for this page only.
}

const button = document.getElementById("sound");
const word = document.getElementById("sound-v");
const strip = document.getElementById("mute");

const works = () => wanted && context?.state === "running";

function show() {
  button.setAttribute("aria-checked", String(works()));
  button.querySelector("use").setAttribute("href", works() ? "#i-sound" : "#i-mute");
  word.textContent = works() ? "On" : "Off";
  strip.hidden = works() || !wanted;
}

async function allow() {
  context ??= new AudioContext();
  if (context.state !== "running") {
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
  }
}

/** Three short rising tones. Says nothing when the sound is off or not allowed. */
export function ring() {
  if (!works()) return;
  [660, 880, 1175].forEach((pitch, i) => {
    const at = context.currentTime + i * 0.16;
    const tone = context.createOscillator();
    const loud = context.createGain();
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, at);
    loud.gain.exponentialRampToValueAtTime(0.4, at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
    tone.connect(loud).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.15);
  });
}

async function turn(on) {
  wanted = on;
  try {
    localStorage.setItem("bolo-sound", on ? "on" : "off");
  } catch {
    // Kept for this page only.
  }
  if (on) await allow();
  show();
}

export function start() {
  button.addEventListener("click", () => turn(!works()));
  document.getElementById("sound-on").addEventListener("click", () => turn(true));
  document.getElementById("sound-test").addEventListener("click", async () => {
    await turn(true);
    ring();
  });
  // The first touch of the page is what the browser waits for.
  const wake = async () => {
    if (wanted && !works()) {
      await allow();
      show();
    }
  };
  // A click and not the press before it: the strip goes, and nothing may move under the hand.
  addEventListener("click", wake);
  addEventListener("keydown", wake);
  show();
}
