// The place of an account in its form: a click on the map, a drag of the pin, the device's position, or typed coordinates.
import { openMap, settingsOfPage } from "../core/map.js";
import { fill, json, make } from "../core/page.js";

const NEAR = 0.02; // degrees round a place that is set
const DIGITS = 6;

export default async function place(element) {
  const form = document.getElementById(element.dataset.form);
  const part = element.closest("fieldset");
  const [lon, lat, source] = ["lon", "lat", "location_source"].map((name) => form.elements[name]);
  const here = part.querySelector("[data-place-here]");
  const clear = part.querySelector("[data-place-clear]");
  const hint = part.querySelector("[data-place-hint]");
  const texts = json("place-texts");
  const now = () => (lon.value.trim() && lat.value.trim() ? [Number(lon.value), Number(lat.value)] : null);
  const isOnMap = (point) => point !== null && point.every(Number.isFinite) && Math.abs(point[0]) <= 180 && Math.abs(point[1]) <= 90;

  let map = null;
  let pin = null;
  const show = () => {
    const point = now();
    clear.hidden = point === null;
    hint.textContent = point ? texts.set : texts.unset;
    if (!map) return;
    if (!isOnMap(point)) {
      pin?.remove();
      pin = null;
      return;
    }
    if (!pin) {
      pin = new map.gl.Marker({ element: make("span", { className: "spot-pin status-customer" }), draggable: true });
      pin.on("dragend", () => set(pin.getLngLat().toArray(), "pin"));
    }
    pin.setLngLat(point).addTo(map);
  };
  const set = ([x, y], how) => {
    lon.value = x.toFixed(DIGITS);
    lat.value = y.toFixed(DIGITS);
    source.value = how;
    show();
  };
  const find = () => {
    here.disabled = true;
    hint.textContent = texts.finding;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      here.disabled = false;
      set([coords.longitude, coords.latitude], "phone");
      hint.textContent = fill(texts.accuracy, { metres: Math.max(1, Math.round(coords.accuracy)) });
      map?.jumpTo({ center: now(), zoom: 15 });
    }, () => {
      here.disabled = false;
      hint.textContent = texts.failed;
    }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 });
  };

  here.hidden = !navigator.geolocation;
  here.addEventListener("click", find);
  clear.addEventListener("click", () => {
    lon.value = lat.value = source.value = "";
    show();
  });
  for (const field of [lon, lat]) {
    field.addEventListener("change", () => {
      source.value = "pin";
      show();
      if (isOnMap(now())) map?.jumpTo({ center: now() });
    });
  }
  show();

  const point = now();
  const settings = settingsOfPage();
  const bounds = isOnMap(point) ? [point[0] - NEAR, point[1] - NEAR, point[0] + NEAR, point[1] + NEAR] : settings.bounds ?? undefined;
  map = await openMap(element, { ...settings, bounds });
  if (!map) return;
  map.getCanvas().style.cursor = "crosshair";
  map.on("click", ({ lngLat }) => set(lngLat.wrap().toArray(), "pin"));
  show();
}
