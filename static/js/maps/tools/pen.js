// Drawing over the map: a sheet of glass takes the pointer, so that the map stays still; a box, a line drawn in one go, or corners
// tapped one by one. The keyboard moves a cross. Resolves to a ring or line of [lon, lat]; to null when it is cancelled.
import { make } from "../../core/page.js";
import { simplified } from "./shapes.js";

const SVG = "http://www.w3.org/2000/svg";
const TAP = 6; // pixels that a finger may slip
const SMALLEST = 8; // pixels of a box or a loop that is meant
const STEP = 16;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const drawing = (name) => document.createElementNS(SVG, name);
const box = ([ax, ay], [bx, by]) => [[ax, ay], [bx, ay], [bx, by], [ax, by]];
const far = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
const width = (points) => Math.max(...[0, 1].map((axis) => Math.max(...points.map((p) => p[axis])) - Math.min(...points.map((p) => p[axis]))));

export default function pen(map, kind, texts, changed = () => {}) {
  const container = map.getContainer();
  const glass = make("div", { className: "pen", tabIndex: 0 });
  glass.setAttribute("role", "application");
  glass.setAttribute("aria-label", `${texts.surface}. ${texts[kind]} ${texts.keys}`);
  const picture = drawing("svg");
  const shape = drawing(kind === "measure" ? "polyline" : "polygon");
  const cross = drawing("path");
  cross.setAttribute("class", "pen-cross");
  picture.append(shape, cross);
  const said = make("p", { textContent: texts[kind] });
  const done = make("button", { type: "button", className: "btn btn-primary btn-sm", textContent: texts.done, hidden: true });
  const cancel = make("button", { type: "button", className: "btn btn-secondary btn-sm", textContent: texts.cancel });
  const bar = make("div", { className: "pen-bar" }, said, done, cancel);
  said.setAttribute("role", "status");
  glass.append(picture);
  container.append(glass, bar);

  let corners = [];
  let stroke = null;
  let at = [container.clientWidth / 2, container.clientHeight / 2];
  const place = (points) => points.map((point) => map.unproject(point).toArray());

  return new Promise((resolve) => {
    const end = (points) => {
      glass.remove();
      bar.remove();
      map.off("move", show);
      map.getCanvas().focus();
      resolve(points);
    };
    const show = () => {
      const points = stroke ?? (kind === "box" && corners.length === 1 ? box(corners[0], at) : corners);
      shape.setAttribute("points", points.map((p) => p.join(",")).join(" "));
      done.hidden = kind === "box" || corners.length < (kind === "measure" ? 2 : 3);
      if (kind === "measure") said.textContent = changed(place(corners)) || texts.measure;
    };
    const showCross = (on) => cross.setAttribute("d", on ? `M${at[0] - 12} ${at[1]}h24M${at[0]} ${at[1] - 12}v24` : "");
    const finish = (points) => {
      if (kind !== "measure" && width(points) < SMALLEST) {
        [corners, stroke] = [[], null];
        said.textContent = texts.too_small;
        return show();
      }
      return end(place(points));
    };
    const corner = (point) => {
      corners.push(point);
      if (kind === "box" && corners.length === 2) finish(box(...corners));
      else show();
    };
    const point = (event) => { const { left, top } = container.getBoundingClientRect(); return [event.clientX - left, event.clientY - top]; };

    glass.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      glass.setPointerCapture(event.pointerId);
      glass.focus({ preventScroll: true });
      showCross(false);
      stroke = [point(event)];
    });
    glass.addEventListener("pointermove", (event) => {
      if (!stroke || !event.isPrimary) return;
      if (kind === "measure") return;
      const now = point(event);
      if (kind === "box") stroke = box(stroke[0], now);
      else stroke.push(...(event.getCoalescedEvents?.() ?? []).map(point), now);
      show();
    });
    const up = (event) => {
      if (!stroke || !event.isPrimary) return;
      const [drawn, now] = [stroke, point(event)];
      stroke = null;
      if (width([...drawn, now]) <= TAP || kind === "measure") { at = now; return corner(now); }
      return finish(kind === "box" ? drawn : simplified([...drawn, now]));
    };
    glass.addEventListener("pointerup", up);
    glass.addEventListener("pointercancel", () => { stroke = null; show(); });
    glass.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (arrow) {
        const step = event.shiftKey ? 4 * STEP : STEP;
        at = [0, 1].map((axis) => Math.max(0, Math.min([container.clientWidth, container.clientHeight][axis], at[axis] + step * arrow[axis])));
      } else if (event.key === "Enter" || event.key === " ") {
        // The first corner once more closes the line, as a double click does.
        if (corners.length > 2 && kind === "lasso" && far(at, corners[0]) < STEP) { event.preventDefault(); return finish(corners); }
        corner([...at]);
      } else if (event.key === "Backspace") corners.pop();
      else return undefined;
      event.preventDefault();
      showCross(true);
      return show();
    });
    const escape = (event) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); end(null); } };
    glass.addEventListener("keydown", escape);
    bar.addEventListener("keydown", escape);
    done.addEventListener("click", () => finish(corners));
    cancel.addEventListener("click", () => end(null));
    map.on("move", show);
    glass.focus({ preventScroll: true });
  });
}
