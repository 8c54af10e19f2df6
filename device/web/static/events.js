// New events at the top of the list, where it shows the newest and they fit the filter.
import { ask, fromContract, listen, put, refill, row } from "./common.js";

const list = document.getElementById("events");
const RANKS = ["info", "notice", "warning", "alarm"];
const MOST = 200;

function fits(message) {
  const { kind, priority, camera } = list.dataset;
  return message.state !== "end" && (!kind || message.kind === kind) && (!camera || message.camera === camera)
    && (!priority || RANKS.indexOf(message.priority) >= RANKS.indexOf(priority));
}

async function fill() {
  const { kind, priority, camera } = list.dataset;
  const found = await ask(`/api/events?${new URLSearchParams({ kind, priority, camera })}`, { method: "GET" });
  if (found.ok && found.events.length) {
    refill(list, found.events);
    document.querySelector(".empty")?.remove();
  }
}

if (list.dataset.live) {
  listen({
    open: fill,
    event: (message) => {
      if (!fits(message)) return;
      put(list, row(fromContract(message)), MOST);
      document.querySelector(".empty")?.remove();
    },
  });
}
