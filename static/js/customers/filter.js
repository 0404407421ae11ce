// A filter's choices below its button: closes on Escape and on a click elsewhere; many choices are fetched when it first opens.
import { start } from "../main.js";

export default function filter(element) {
  const summary = element.querySelector("summary");
  const waiting = () => element.querySelector("[data-url]");

  const load = async () => {
    const place = waiting();
    if (!place) return;
    const response = await fetch(place.dataset.url, { headers: { "HX-Request": "true" } });
    if (!response.ok || !waiting()) return;
    const made = new DOMParser().parseFromString(await response.text(), "text/html").body.firstElementChild;
    place.replaceWith(made);
    start(made);
    made.querySelector("input:not([type=hidden])")?.focus();
  };
  element.addEventListener("toggle", () => { if (element.open) load(); });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    element.open = false;
    summary.focus();
  });
  document.addEventListener("click", (event) => { if (!element.contains(event.target)) element.open = false; });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) element.open = false;
  });
}
