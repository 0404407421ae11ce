// Territories as layers: a fill in the colour of each, its border over it, its name and figures beside the pointer.
import { draw, firstLine } from "../core/map_style.js";

const from = { source: "territories", "source-layer": "territories" };

const colour = ({ categories: [first, ...rest] }) => ["match", ["%", ["get", "colour"], rest.length + 1], ...rest.flatMap((one, i) => [i + 1, one]), first];
const hovering = ["boolean", ["feature-state", "hover"], false];

/** Show the territories of a tile address; `filter` leaves some out. */
export function addTerritories(map, url, settings, { filter = true, opacity = 0.42 } = {}) {
  map.addSource("territories", { type: "vector", tiles: [new URL(url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], maxzoom: 12, promoteId: "uuid" });
  draw(map, (c) => [
    { id: "territories", type: "fill", ...from, filter, paint: { "fill-color": colour(c), "fill-opacity": ["case", hovering, Math.min(1, opacity + 0.22), opacity], "fill-antialias": false } },
  ], settings, firstLine(settings));
  draw(map, (c) => [
    { id: "territories-line", type: "line", ...from, filter, layout: { "line-join": "round" }, paint: { "line-color": colour(c), "line-width": ["interpolate", ["linear"], ["zoom"], 3, 1.2, 9, 2.4] } },
  ], settings, map.getLayer("labels") ? "labels" : undefined);
}

