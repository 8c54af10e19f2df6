// The editor: zones, lines, shelves and masks over the camera's picture, by finger, mouse or keyboard.
import { ask, say } from "./common.js";

const drawing = JSON.parse(document.getElementById("drawn").textContent);
const at = (id) => document.getElementById(id);
const canvas = at("canvas");
const pen = canvas.getContext("2d");

const LAYERS = {
  zones: { colour: "#2dd4bf", name: "zone", kinds: ["zone", "till", "staff", "ignore"] },
  lines: { colour: "#fbbf24", name: "line", kinds: ["line", "exit"] },
  shelves: { colour: "#a78bfa", name: "shelf", kinds: ["auto", "grid"] },
  masks: { colour: "#6b7280", name: "mask", kinds: [] },
};
const NEAR_PX = 22; // of the screen: as wide as a fingertip reaches
const STEP = 0.005;

const picture = new Image();
let camera = at("camera").value;
let shapes = [];
let chosen = null; // a shape
let corner = null; // index of the point that is held or was last moved
let draft = null; // a shape that is being drawn

// --- between the configuration and shapes {layer, id, kind, points, rows, columns}

function load() {
  const drawn = drawing.cameras[camera];
  shapes = [
    ...drawn.zones.map((it) => ({ layer: "zones", id: it.id, kind: it.kind, points: it.polygon })),
    ...drawn.lines.map((it) => ({ layer: "lines", id: it.id, kind: it.kind, points: [it.start, it.end] })),
    ...drawn.shelves.map((it) => ({ layer: "shelves", id: it.id, kind: it.slots === "auto" ? "auto" : "grid",
      rows: it.slots.rows ?? 1, columns: it.slots.columns ?? 3, points: it.polygon })),
    ...drawn.masks.map((points, index) => ({ layer: "masks", id: `mask ${index + 1}`, points })),
  ].map((shape) => ({ ...shape, points: shape.points.map((point) => [...point]) }));
  draft = null;
  choose(null);
  changed(false);
}

function body() {
  const of = (layer) => shapes.filter((shape) => shape.layer === layer);
  return {
    revision: drawing.revision,
    zones: of("zones").map(({ id, kind, points }) => ({ id, kind, polygon: points })),
    lines: of("lines").map(({ id, kind, points }) => ({ id, kind, start: points[0], end: points[1] })),
    shelves: of("shelves").map(({ id, kind, points, rows, columns }) => ({ id, polygon: points,
      slots: kind === "auto" ? "auto" : { rows, columns } })),
    masks: of("masks").map(({ points }) => points),
  };
}

// --- drawing on the canvas

function resize() {
  if (picture.naturalWidth) {
    canvas.width = 960;
    canvas.height = Math.round((960 * picture.naturalHeight) / picture.naturalWidth);
  }
  paint();
}

const onCanvas = ([x, y]) => [x * canvas.width, y * canvas.height];

function trace(points, closed) {
  pen.beginPath();
  points.map(onCanvas).forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  if (closed) pen.closePath();
}

function label(text, [x, y], colour) {
  pen.font = "600 22px system-ui, sans-serif";
  const width = pen.measureText(text).width + 14;
  const left = Math.min(Math.max(0, x), canvas.width - width);
  const top = Math.max(0, y - 32);
  pen.fillStyle = "rgb(0 0 0 / .65)";
  pen.fillRect(left, top, width, 30);
  pen.fillStyle = colour;
  pen.fillText(text, left + 7, top + 22);
}

function paintShape(shape, open) {
  const { colour } = LAYERS[shape.layer];
  const isLine = shape.layer === "lines";
  const closed = !open && !isLine;
  trace(shape.points, closed);
  if (closed) {
    pen.fillStyle = shape.layer === "masks" ? "rgb(0 0 0 / .75)" : `${colour}40`;
    pen.fill();
  }
  pen.lineWidth = shape === chosen ? 6 : 4;
  pen.setLineDash(shape.kind === "ignore" || shape.layer === "masks" ? [12, 8] : []);
  pen.strokeStyle = colour;
  pen.stroke();
  pen.setLineDash([]);
  if (isLine && shape.points.length === 2) paintOut(shape, colour);
  if (shape === chosen || open) paintCorners(shape, colour);
  if (shape.points.length) label(`${shape.id}${shape.kind ? ` (${shape.kind})` : ""}`, onCanvas(shape.points[0]), colour);
}

function paintCorners(shape, colour) {
  shape.points.map(onCanvas).forEach(([x, y], index) => {
    pen.beginPath();
    pen.arc(x, y, index === corner ? 13 : 10, 0, 7);
    pen.fillStyle = index === corner ? "#ffffff" : colour;
    pen.fill();
    pen.lineWidth = 3;
    pen.strokeStyle = "#000000";
    pen.stroke();
  });
}

// An arrow to the right of start -> end: that way is out.
function paintOut(shape, colour) {
  const [[x1, y1], [x2, y2]] = shape.points.map(onCanvas);
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [nx, ny] = [-(y2 - y1) / length, (x2 - x1) / length];
  const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
  pen.beginPath();
  pen.moveTo(mx, my);
  pen.lineTo(mx + nx * 60, my + ny * 60);
  pen.strokeStyle = colour;
  pen.stroke();
  pen.beginPath();
  pen.moveTo(mx + nx * 78, my + ny * 78);
  pen.lineTo(mx + nx * 58 - ny * 12, my + ny * 58 + nx * 12);
  pen.lineTo(mx + nx * 58 + ny * 12, my + ny * 58 - nx * 12);
  pen.fillStyle = colour;
  pen.fill();
  label("out", [mx + nx * 90 - 20, my + ny * 90 + 16], colour);
}

function paint() {
  pen.fillStyle = "#000000";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (picture.naturalWidth) pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const shape of shapes) paintShape(shape, false);
  if (draft) paintShape(draft, true);
}

// --- what is chosen

function choose(shape) {
  chosen = shape;
  corner = null;
  at("chosen").hidden = !shape;
  if (shape) {
    const { kinds, name } = LAYERS[shape.layer];
    at("name").value = shape.id;
    at("name").disabled = shape.layer === "masks";
    at("kind-label").hidden = kinds.length === 0;
    at("kind").replaceChildren(...kinds.map((kind) => new Option(kind, kind, false, kind === shape.kind)));
    at("slots-fields").hidden = shape.kind !== "grid";
    at("rows").value = shape.rows ?? 1;
    at("columns").value = shape.columns ?? 3;
    at("flip").hidden = shape.layer !== "lines";
    help(`The ${name} ${shape.id}: drag its points, or change it below.`);
  }
  list();
  paint();
}

function list() {
  at("shapes").replaceChildren(...shapes.map((shape) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const swatch = document.createElement("span");
    swatch.className = `swatch ${shape.layer}`;
    button.type = "button";
    button.setAttribute("aria-pressed", String(shape === chosen));
    button.append(swatch, `${LAYERS[shape.layer].name} ${shape.id}`);
    button.addEventListener("click", () => choose(shape === chosen ? null : shape));
    item.append(button);
    return item;
  }));
}

const help = (text) => { at("help").textContent = text; };

function changed(yes = true) {
  at("save").disabled = !yes || !drawing.revision;
  at("reset").disabled = !yes;
  at("fault").hidden = true;
  paint();
}

// --- drawing a new shape

function begin(layer) {
  const { name, kinds } = LAYERS[layer];
  let number = 1;
  while (shapes.some((shape) => shape.id === `${name}-${number}`)) number += 1;
  choose(null);
  draft = { layer, id: `${name}-${number}`, kind: kinds[0], points: [], rows: 1, columns: 3 };
  at("drawing").hidden = false;
  help(layer === "lines" ? "Touch where the line begins and where it ends." : "Touch each corner; then finish the shape.");
  canvas.scrollIntoView({ block: "nearest" });
}

function finish() {
  const enough = draft.layer === "lines" ? 2 : 3;
  if (draft.points.length < enough) return help(`That takes ${enough} points.`);
  const shape = draft;
  end();
  shapes.push(shape);
  choose(shape);
  changed();
}

function end() {
  draft = null;
  at("drawing").hidden = true;
}

function put(point) {
  draft.points.push(point);
  if (draft.layer === "lines" && draft.points.length === 2) return finish();
  paint();
}

// --- pointers and keys

function place(event) {
  const box = canvas.getBoundingClientRect();
  const inside = (value) => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
  return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
}

function distance([x1, y1], [x2, y2]) {
  const box = canvas.getBoundingClientRect();
  return Math.hypot((x1 - x2) * box.width, (y1 - y2) * box.height);
}

function contains(points, [x, y]) {
  let inside = false;
  points.forEach(([x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}

function touches(shape, point) {
  if (shape.layer !== "lines") return contains(shape.points, point);
  const [[x1, y1], [x2, y2]] = shape.points;
  const share = ((point[0] - x1) * (x2 - x1) + (point[1] - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2 || 1);
  const along = Math.min(1, Math.max(0, share));
  return distance(point, [x1 + along * (x2 - x1), y1 + along * (y2 - y1)]) < NEAR_PX;
}

let held = null;

canvas.addEventListener("pointerdown", (event) => {
  const point = place(event);
  if (draft) {
    const closes = draft.points.length > 2 && distance(point, draft.points[0]) < NEAR_PX;
    return closes ? finish() : put(point);
  }
  const near = chosen?.points.findIndex((it) => distance(it, point) < NEAR_PX) ?? -1;
  if (near >= 0) {
    corner = held = near;
    canvas.setPointerCapture(event.pointerId);
    return paint();
  }
  // The smaller lies on top, whatever was drawn first.
  choose(shapes.filter((shape) => touches(shape, point)).sort((one, other) => area(one) - area(other))[0] ?? null);
});

function area({ points }) {
  return Math.abs(points.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length];
    return sum + x * nextY - nextX * y;
  }, 0));
}

canvas.addEventListener("pointermove", (event) => {
  if (held === null || !chosen) return;
  chosen.points[held] = place(event);
  changed();
});
for (const over of ["pointerup", "pointercancel"]) canvas.addEventListener(over, () => { held = null; });

canvas.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  if (event.key === "n" && chosen) corner = ((corner ?? -1) + 1) % chosen.points.length;
  else if (event.key === "Delete" && chosen) return remove();
  else if (event.key in moves && chosen && corner !== null) {
    const [dx, dy] = moves[event.key];
    const [x, y] = chosen.points[corner];
    const inside = (value) => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
    chosen.points[corner] = [inside(x + dx), inside(y + dy)];
    changed();
  } else return;
  event.preventDefault();
  paint();
});

function remove() {
  shapes = shapes.filter((shape) => shape !== chosen);
  choose(null);
  changed();
}

// --- fields and buttons

for (const button of document.querySelectorAll("[data-draw]")) {
  button.addEventListener("click", () => begin(button.dataset.draw));
}
at("finish").addEventListener("click", finish);
at("undo").addEventListener("click", () => { draft.points.pop(); paint(); });
at("give-up").addEventListener("click", () => { end(); help("Nothing was drawn."); paint(); });
at("delete").addEventListener("click", remove);
at("flip").addEventListener("click", () => { chosen.points.reverse(); changed(); });
at("name").addEventListener("input", () => { chosen.id = at("name").value.trim(); list(); changed(); });
at("kind").addEventListener("change", () => {
  chosen.kind = at("kind").value;
  at("slots-fields").hidden = chosen.kind !== "grid";
  changed();
});
for (const name of ["rows", "columns"]) {
  at(name).addEventListener("input", () => { chosen[name] = Number(at(name).value); changed(); });
}
at("camera").addEventListener("change", () => { camera = at("camera").value; load(); look(); });
at("reset").addEventListener("click", load);
at("save").addEventListener("click", async () => {
  at("save").disabled = true;
  const answer = await ask(`/api/drawing/${encodeURIComponent(camera)}`, { method: "PUT", body: body() });
  if (!answer.ok) {
    at("fault").textContent = answer.error;
    at("fault").hidden = false;
    at("save").disabled = false;
    return;
  }
  const { revision, ...drawn } = body();
  drawing.cameras[camera] = drawn;
  drawing.revision = answer.revision;
  changed(false);
  say("Saved; the guard starts again with it");
});
addEventListener("beforeunload", (event) => { if (!at("save").disabled) event.preventDefault(); });

function look() {
  picture.src = `/api/cameras/${encodeURIComponent(camera)}/picture.jpg?t=${Date.now()}`;
}
picture.addEventListener("load", resize);
picture.addEventListener("error", () => help("The camera gives no picture; shapes can be drawn all the same."));
at("bar").addEventListener("submit", (event) => event.preventDefault());

load();
look();
