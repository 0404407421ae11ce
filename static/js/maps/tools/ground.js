// What the tools draw on the map: areas and circles of the selection, the way and the calls beside it, a measured line.
import { draw } from "../../core/map_style.js";

const collection = (features) => ({ type: "FeatureCollection", features });
const of = (kind) => ["==", ["get", "kind"], kind];

function layers(c) {
  return [
    { id: "tool-area", type: "fill", source: "tools", filter: ["any", of("area"), of("near")], paint: { "fill-color": c.mark, "fill-opacity": 0.1 } },
    { id: "tool-edge", type: "line", source: "tools", layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": c.hover, "line-width": ["match", ["get", "kind"], "way", 4, 2], "line-opacity": ["match", ["get", "kind"], "way", 0.55, 0.85] } },
    { id: "tool-calls", type: "circle", source: "tools", filter: of("call"),
      paint: { "circle-radius": 9, "circle-color": c.paper, "circle-opacity": 0.01, "circle-stroke-color": c.hover, "circle-stroke-width": 2.5 } },
  ];
}

export default function ground(map, settings) {
  const shown = { selection: [], way: [], measure: [] };
  map.addSource("tools", { type: "geojson", data: collection([]) });
  draw(map, layers, settings, map.getLayer("cells") ? "cells" : undefined);
  return (part, features) => {
    shown[part] = features;
    map.getSource("tools").setData(collection(Object.values(shown).flat()));
  };
}

export const line = (kind, coordinates) => ({ type: "Feature", properties: { kind }, geometry: { type: "LineString", coordinates } });
export const point = (kind, coordinates) => ({ type: "Feature", properties: { kind }, geometry: { type: "Point", coordinates } });
