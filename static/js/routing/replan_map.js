/** Two versions of a day on one map: the way before dashed, the way now, and each stop marked by what became of it. */
import { openMap, settingsOfPage } from "../core/map.js";
import { draw } from "../core/map_style.js";
import { make } from "../core/page.js";

const WIDEST_ZOOM = 14;

function boundsOf(features) {
  const points = features.flatMap(({ geometry }) => (geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates));
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

function mark(map, { geometry, properties }) {
  const element = make("div", { className: `route-mark change-${properties.kind}`, textContent: properties.kind === "dropped" ? "–" : properties.number });
  element.title = properties.name;
  new map.gl.Marker({ element }).setLngLat(geometry.coordinates).addTo(map);
}

export default async function replanMap(element) {
  const settings = settingsOfPage();
  const { features } = settings.route;
  const map = await openMap(element, { ...settings, bounds: features.length ? boundsOf(features).flat() : undefined });
  if (!map) return;
  const ways = features.filter(({ geometry }) => geometry.type === "LineString");
  map.addSource("versions", { type: "geojson", data: { type: "FeatureCollection", features: ways } });
  const colour = (name) => getComputedStyle(element).getPropertyValue(name).trim();
  const layer = (version, paint) => ({ id: version, type: "line", source: "versions", filter: ["==", ["get", "version"], version], layout: { "line-join": "round" }, paint });
  const layers = () => [
    layer("before", { "line-color": colour("--ink-2"), "line-width": 2, "line-dasharray": [2, 2] }),
    layer("after", { "line-color": colour("--accent"), "line-width": 3, "line-opacity": 0.8 }),
  ];
  draw(map, layers, settings);
  for (const feature of features.toReversed()) if (feature.geometry.type === "Point") mark(map, feature);
  if (features.length) map.fitBounds(boundsOf(features), { padding: map.roomAround ?? 48, maxZoom: WIDEST_ZOOM, duration: 0 });
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
