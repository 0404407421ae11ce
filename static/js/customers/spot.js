// A small map with one pin, the account's.
import { openMap, settingsOfPage } from "../core/map.js";
import { make } from "../core/page.js";

const AROUND = 0.03; // degrees

export default async function spot(element) {
  const [lon, lat] = [Number(element.dataset.lon), Number(element.dataset.lat)];
  const bounds = [lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND];
  const map = await openMap(element, { ...settingsOfPage(), bounds });
  if (!map) return;
  const pin = make("span", { className: `spot-pin status-${element.dataset.status}` });
  new map.gl.Marker({ element: pin }).setLngLat([lon, lat]).addTo(map);
}
