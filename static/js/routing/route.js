/** A day's route on the map: home or hotels, numbered stops, and the straight legs between them; drawn anew on "route-changed". */
import { openMap, settingsOfPage } from "../core/map.js";
import { draw } from "../core/map_style.js";
import { make } from "../core/page.js";

const WIDEST_ZOOM = 14;
const EMBEDDED_ROOM = { top: 28, bottom: 28, left: 28, right: 72 }; // the button stands at the right

function boundsOf(features) {
  const points = features.flatMap(({ geometry }) => (geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates));
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

const lines = (features) => ({ type: "FeatureCollection", features: features.filter(({ properties }) => properties.kind === "route") });

function mark(map, { geometry, properties }, isNext) {
  const text = { home: "⌂", hotel: "☾" }[properties.kind] ?? String(properties.number);
  const element = make("div", { className: `route-mark route-${isNext ? "next" : properties.status ?? "home"}`, textContent: text });
  if (properties.name) element.title = properties.name;
  if (properties.number) element.dataset.number = properties.number;
  return new map.gl.Marker({ element }).setLngLat(geometry.coordinates).addTo(map);
}

/** Later stops lie below earlier ones, and the next one on top of all. */
function marks(map, features) {
  const next = features.find(({ properties }) => properties.status === "ahead");
  return features.toReversed().filter(({ geometry }) => geometry.type === "Point").map((feature) => mark(map, feature, feature === next));
}

export default async function route(element) {
  const settings = settingsOfPage();
  const { features } = settings.route;
  const map = await openMap(element, { ...settings, bounds: features.length ? boundsOf(features).flat() : undefined });
  if (!map) return;
  map.addSource("route", { type: "geojson", data: lines(features) });
  const layers = () => [{
    id: "route", type: "line", source: "route", layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": getComputedStyle(element).getPropertyValue("--accent").trim(), "line-width": 3, "line-opacity": 0.7 },
  }];
  draw(map, layers, settings);
  let shown = marks(map, features);
  if (features.length) map.fitBounds(boundsOf(features), { padding: settings.is_embedded ? EMBEDDED_ROOM : map.roomAround ?? 48, maxZoom: WIDEST_ZOOM, duration: 0 });
  element.addEventListener("route-changed", ({ detail }) => {
    map.getSource("route").setData(lines(detail.features));
    for (const one of shown) one.remove();
    shown = marks(map, detail.features);
  });
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
