// What a person says of one event: true or false, and whether its evidence is kept.
import { ask, say } from "./common.js";

const id = document.querySelector("[data-event]").dataset.event;
const verdicts = [...document.querySelectorAll("[data-verdict]")];
const lock = document.querySelector("[data-lock]");
const isOn = (button) => button.getAttribute("aria-pressed") === "true";

for (const button of verdicts) {
  button.addEventListener("click", async () => {
    const verdict = isOn(button) ? null : button.dataset.verdict;
    const answer = await ask(`/api/events/${id}/verdict`, { body: { verdict } });
    if (!answer.ok) return say(answer.error);
    for (const other of verdicts) other.setAttribute("aria-pressed", String(other.dataset.verdict === verdict));
    say(verdict === null ? "Taken back" : `Noted: a ${verdict} alarm`);
  });
}

lock?.addEventListener("click", async () => {
  const locked = !isOn(lock);
  const answer = await ask(`/api/events/${id}/lock`, { body: { locked } });
  if (!answer.ok) return say(answer.error);
  lock.setAttribute("aria-pressed", String(locked));
  say(locked ? "It is kept whatever happens" : "It is kept as long as others of its kind");
});
