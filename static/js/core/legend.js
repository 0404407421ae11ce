// A colour key made in the page, the same markup as the macro `legend`; it follows a change of light and dark.
import { make } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const frame = (...children) => drawn("svg", { class: "swatch", viewBox: "0 0 16 16", "aria-hidden": "true" }, ...children);
const swatch = (colour) => frame(drawn("rect", { width: 16, height: 16, rx: 3, fill: colour }));
const hatching = () => frame(drawn("rect", { width: 16, height: 16, rx: 3, class: "swatch-few" }), drawn("path", { d: "M0 8 8 0M0 16 16 0M8 16 16 8", class: "swatch-lines" }));

/** Show `labels` beside the colours that `colours()` answers now; `hatched` says what is drawn with lines over it. */
export default function showLegend(element, { title, unit, note, labels, hatched, colours }) {
  if (!element) return;
  const show = () => {
    const caption = make("figcaption", { textContent: title });
    if (unit) caption.append(" ", make("span", { className: "unit", textContent: unit }));
    const now = colours() ?? [];
    const items = labels.map((label, i) => make("li", {}, swatch(now[i]), make("span", { textContent: label })));
    if (hatched) items.push(make("li", {}, hatching(), make("span", { textContent: hatched })));
    const said = note ? [make("p", { className: "small", textContent: note })] : [];
    element.replaceChildren(make("figure", { className: "legend" }, caption, make("ul", {}, ...items), ...said));
  };
  if (element.follow) removeEventListener("theme", element.follow);
  element.follow = show;
  addEventListener("theme", show);
  show();
}
