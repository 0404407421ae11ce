/** Sends a form that wants the server now, as planning anew does, with the position that the phone can tell within a few seconds. */
import place from "./place.js";

export default function arrive(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    button.querySelector("[data-label]").textContent = form.dataset.finding;
    const { place: found, noPlace } = await place();
    const values = found ? { lon: found.lon, lat: found.lat, accuracy: found.accuracy, age_seconds: Math.max(0, (Date.now() - Date.parse(found.taken_at)) / 1000) } : { reason: noPlace };
    for (const [name, value] of Object.entries(values)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    form.submit();
  });
}
