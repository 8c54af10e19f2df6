// The panel with its buttons and PIN, live pictures, and the latest events.
import { ask, fromContract, listen, put, refill, row, say } from "./common.js";

const panel = document.getElementById("panel");
let due = null;

function show(state) {
  panel.className = `panel ${state.panel}`;
  document.getElementById("panel-text").textContent = state.text;
  document.getElementById("bypassed").textContent = state.bypassed.length ? `Bypassed: ${state.bypassed.join(", ")}` : "";
  due = state.left_s === null ? null : performance.now() + state.left_s * 1000;
  count();
}

function count() {
  const left = due === null ? "" : `${Math.max(0, Math.ceil((due - performance.now()) / 1000))} s`;
  document.getElementById("left").textContent = left;
}
if (panel.dataset.left) due = performance.now() + Number(panel.dataset.left) * 1000;
setInterval(count, 250);

async function refresh() {
  const state = await ask("/api/state", { method: "GET" });
  if (state.ok) show(state);
}

// --- asking the guard: without a PIN first, where that may do; with one where it is asked for.

const dialog = document.getElementById("pin");
const input = document.getElementById("pin-input");
const why = document.getElementById("pin-why");
let wanted = null;

function askPin(request, title) {
  wanted = request;
  document.getElementById("pin-title").textContent = title;
  input.value = "";
  why.hidden = true;
  if (!dialog.open) dialog.showModal();
  input.focus();
}

async function send(request, pin) {
  const answer = await ask("/api/command", { body: pin ? { ...request, pin } : request });
  refresh();
  return answer;
}

for (const button of document.querySelectorAll("button[data-action]")) {
  button.addEventListener("click", async () => {
    const { action, state } = button.dataset;
    const request = state ? { action, state } : { action };
    if (action !== "arm" || panel.className.includes("armed_")) return askPin(request, button.textContent);
    const answer = await send(request);
    if (answer.ok) say(answer.text);
    else if (answer.text?.includes("PIN")) askPin(request, button.textContent);
    else say(answer.text ?? answer.error);
  });
}

if (dialog) {
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send(wanted, input.value);
    if (answer.ok) {
      dialog.close();
      say(answer.text);
      return;
    }
    input.value = "";
    why.textContent = answer.text ?? answer.error;
    why.hidden = false;
    input.focus();
  });
  for (const key of dialog.querySelectorAll("[data-digit]")) {
    key.addEventListener("click", () => { if (input.value.length < 12) input.value += key.dataset.digit; });
  }
  dialog.querySelector("[data-back]").addEventListener("click", () => { input.value = input.value.slice(0, -1); });
  document.getElementById("pin-cancel").addEventListener("click", () => dialog.close());
}

// --- pictures: the next is asked for a moment after the last has come, so a slow link gets fewer, never a queue.

const PAUSE_MS = 500;
const AGAIN_MS = 4000;

function watch(figure) {
  const image = figure.querySelector("img");
  const gone = figure.querySelector(".gone");
  const boxes = figure.querySelector("[data-boxes]");
  const next = () => {
    // A page that nobody sees asks for nothing.
    if (document.hidden) return void setTimeout(next, PAUSE_MS);
    const name = encodeURIComponent(figure.dataset.camera);
    image.src = `/api/cameras/${name}/picture.jpg?boxes=${boxes.checked ? 1 : 0}&t=${Date.now()}`;
  };
  image.addEventListener("load", () => { gone.hidden = true; setTimeout(next, PAUSE_MS); });
  image.addEventListener("error", () => { gone.hidden = false; setTimeout(next, AGAIN_MS); });
  next();
}
document.querySelectorAll(".camera").forEach(watch);

// --- the latest events

const latest = document.getElementById("latest");
const limit = Number(latest.dataset.limit);

async function fill() {
  const found = await ask(`/api/events?priority=notice&limit=${limit}`, { method: "GET" });
  if (found.ok) refill(latest, found.events);
}

listen({
  open: fill,
  panel: refresh,
  event: (message) => {
    if (message.state === "end" || message.priority === "info") return;
    put(latest, row(fromContract(message)), limit);
  },
});
