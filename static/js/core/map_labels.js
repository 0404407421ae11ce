// Names on regions. Tiles cut a region into pieces, and a name per piece would repeat; so the pieces that are loaded are put together
// here and the name stands at their common middle, where it then stays for that zoom.
import { draw, fonts, levels } from "./map_style.js";

/** Signed area and centroid sums of a ring in degrees, by the shoelace formula. */
function ringSums(ring) {
  let area = 0, x = 0, y = 0;
  for (let i = 0; i < ring.length - 1; i += 1) {
    const [x1, y1] = ring[i], [x2, y2] = ring[i + 1];
    const cross = x1 * y2 - x2 * y1;
    area += cross; x += (x1 + x2) * cross; y += (y1 + y2) * cross;
  }
  return [area / 2, x / 6, y / 6];
}

function places(features) {
  const found = new Map();
  for (const { geometry, properties } of features) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
    const place = found.get(properties.code) ?? { name: properties.name, area: 0, x: 0, y: 0, largest: 0 };
    for (const [outer] of polygons) {
      let [area, x, y] = ringSums(outer);
      if (area < 0) [area, x, y] = [-area, -x, -y];
      // Far islands would pull the name into the sea: only pieces near the size of the largest count.
      if (area < place.largest * 0.2) continue;
      if (area > place.largest * 5) Object.assign(place, { area: 0, x: 0, y: 0 });
      place.largest = Math.max(place.largest, area);
      place.area += area; place.x += x; place.y += y;
    }
    if (place.area) found.set(properties.code, place);
  }
  return found;
}

export default function addLabels(map, settings) {
  const kept = new Map();
  map.addSource("labels", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  draw(map, (c) => [{
    id: "labels", type: "symbol", source: "labels",
    layout: { "text-field": ["get", "name"], "text-font": fonts(), "text-size": 12, "text-max-width": 7, "text-padding": 6, "symbol-sort-key": ["-", 0, ["get", "area"]] },
    paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 1.8 },
  }], settings);

  const place = () => {
    const zoom = map.getZoom();
    const level = levels(settings).filter(({ from }) => from + 0.7 <= zoom).at(-1)?.level ?? levels(settings)[0].level;
    const key = `${level}/${Math.round(zoom)}`;
    if (!map.getSource(`regions-${level}`)) return;
    const shown = kept.get(key) ?? kept.set(key, new Map()).get(key);
    for (const [code, found] of places(map.querySourceFeatures(`regions-${level}`, { sourceLayer: "regions" }))) {
      // A name moves only when much more of its region has come into view.
      if (!shown.has(code) || found.area > shown.get(code).area * 1.3) shown.set(code, found);
    }
    const feature = ({ name, area, x, y }) => ({ type: "Feature", properties: { name, area }, geometry: { type: "Point", coordinates: [x / area, y / area] } });
    const drawn = `${key}/${shown.size}/${[...shown.values()].reduce((sum, { area }) => sum + area, 0)}`;
    if (drawn === place.drawn) return;
    place.drawn = drawn;
    map.getSource("labels").setData({ type: "FeatureCollection", features: [...shown.values()].map(feature) });
  };
  map.on("sourcedata", ({ sourceId, isSourceLoaded }) => { if (sourceId.startsWith("regions-") && isSourceLoaded) place(); });
  map.on("idle", place);
}
