/** A button that prints the page; without script the browser's own menu does it. */
import { make } from "../core/page.js";

export default function sheet(place) {
  const button = make("button", { type: "button", className: "btn btn-primary", textContent: place.dataset.label });
  button.addEventListener("click", () => print());
  place.append(button);
}
