// A colour key made in the page, the same markup as the macro `legend`; it follows a change of light and dark.
import { make } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";

function swatch(colour) {
  const svg = document.createElementNS(SVG, "svg");
  const rect = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ class: "swatch", viewBox: "0 0 16 16", "aria-hidden": "true" })) svg.setAttribute(name, value);
  for (const [name, value] of Object.entries({ width: 16, height: 16, rx: 3, fill: colour })) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}

/** Show `labels` beside the colours that `colours()` answers now. */
export default function showLegend(element, { title, unit, labels, colours }) {
  if (!element) return;
  const show = () => {
    const caption = make("figcaption", { textContent: title });
    if (unit) caption.append(" ", make("span", { className: "unit", textContent: unit }));
    const now = colours() ?? [];
    const items = labels.map((label, i) => make("li", {}, swatch(now[i]), make("span", { textContent: label })));
    element.replaceChildren(make("figure", { className: "legend" }, caption, make("ul", {}, ...items)));
  };
  if (element.follow) removeEventListener("theme", element.follow);
  element.follow = show;
  addEventListener("theme", show);
  show();
}
