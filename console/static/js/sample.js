// The first rows of a file go into the page, not to the server.
const MOST = 32 * 1024;

function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

for (const input of document.querySelectorAll("input[data-sample]")) {
  input.addEventListener("change", async () => {
    const file = input.files[0];
    const wrong = document.getElementById("sample-wrong");
    wrong.hidden = true;
    if (!file) return;
    const bytes = new Uint8Array(await file.slice(0, MOST).arrayBuffer());
    if (bytes.subarray(0, 2).join() === "80,75" || (bytes[0] === 0x1f && bytes[1] === 0x8b) || bytes.includes(0)) {
      wrong.textContent = "This file is packed, or no plain text: open it first and choose the table.";
      wrong.hidden = false;
      input.value = "";
      return;
    }
    // A character of UTF-8 may be cut in the middle: the last line goes, whole or not.
    let end = bytes.length;
    if (file.size > end) end = bytes.lastIndexOf(10) + 1 || end;
    document.getElementById(input.dataset.sample).value = text(bytes.subarray(0, end));
    input.value = "";
    document.getElementById(input.dataset.sample).focus();
  });
}
