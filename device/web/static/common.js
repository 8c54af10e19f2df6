// What every page needs: asking the API, saying something, drawing an event, listening to news.

export async function ask(path, { method = "POST", body } = {}) {
  const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
  const headers = method === "GET" ? {} : { "content-type": "application/json", "x-csrf-token": csrf };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    return { ok: false, status: 0, error: "the device does not answer" };
  }
  if (answer.status === 401) location.assign("/login");
  const found = await answer.json().catch(() => ({}));
  return { ok: answer.ok, status: answer.status, ...found };
}

let silence;
export function say(text) {
  const line = document.getElementById("say");
  line.textContent = text;
  line.classList.add("on");
  clearTimeout(silence);
  silence = setTimeout(() => line.classList.remove("on"), 5000);
}

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

// The same row as templates/row.html; text only, so that no event can bring markup.
export function row(event) {
  const item = make("li", `event ${event.priority}`);
  item.dataset.id = event.event_id;
  const link = make("a");
  link.href = `/events/${event.event_id}`;
  const when = make("span", "when");
  const moment = new Date(event.time);
  const time = make("time", "", event.clock ?? moment.toLocaleTimeString("en-GB"));
  time.dateTime = event.time;
  when.append(time, make("span", "day", event.day ?? moment.toDateString().slice(0, -5)));
  const what = make("span", "what");
  what.append(make("strong", "", event.title));
  if (event.test) what.append(" ", make("span", "tag", "test"));
  what.append(" ", make("span", "place", event.place), make("span", "why", event.reasons[0] ?? ""));
  link.append(when, what, make("span", `tag ${event.priority}`, event.priority));
  item.append(link);
  return item;
}

// Puts what was asked for into a list; what the stream has told meanwhile stays above. Ids rise with time.
export function refill(list, events) {
  const newest = events[0]?.event_id ?? "";
  const newer = [...list.querySelectorAll(".new")].filter((item) => item.dataset.id > newest);
  list.replaceChildren(...newer, ...events.map(row));
}

// Puts what the stream tells on top of a list, once: what was asked for may have had it already.
export function put(list, item, most) {
  [...list.children].find((other) => other.dataset.id === item.dataset.id)?.remove();
  item.classList.add("new");
  list.prepend(item);
  while (list.children.length > most) list.lastElementChild.remove();
}

// As in device/web/look.py.
const PANEL_TITLES = { armed_home: "Armed, at home", armed_away: "Armed, away", armed_night: "Armed, night",
  arming: "Arming", pending: "Entry delay", triggered: "Alarm set off" };

export function fromContract(message) {
  const kind = message.kind.replaceAll("_", " ");
  const title = (message.kind === "armed" && PANEL_TITLES[message.data.panel]) || kind[0].toUpperCase() + kind.slice(1);
  return {
    ...message,
    title,
    place: [message.camera, message.zone].filter(Boolean).join(" · "),
    test: Boolean(message.data?.test),
  };
}

export function listen(handlers) {
  const { open, ...news } = handlers;
  const source = new EventSource("/api/stream");
  // Whatever came before the stream, or while it was away, is asked for once it is there.
  source.addEventListener("open", open);
  for (const [name, handle] of Object.entries(news)) {
    source.addEventListener(name, (message) => handle(JSON.parse(message.data)));
  }
  // A browser gives up for good on an answer that is no stream: too many pages, or nobody logged in any more.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(handlers), 5000);
  });
  addEventListener("pagehide", () => source.close());
  return source;
}
