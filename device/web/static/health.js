// The clock of a device that no network has told the time.
import { ask, say } from "./common.js";

const here = document.getElementById("here");
const button = document.getElementById("set-clock");

function tell() {
  const now = new Date();
  here.dateTime = now.toISOString();
  here.textContent = now.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

if (button) {
  tell();
  setInterval(tell, 1000);
  button.addEventListener("click", async () => {
    button.disabled = true;
    const answer = await ask("/api/clock", { body: { unix_s: Date.now() / 1000 } });
    if (answer.ok) location.reload();
    else {
      button.disabled = false;
      say(answer.error ?? "the clock was not set");
    }
  });
}
