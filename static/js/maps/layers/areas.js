// Areas over the ground: territories in their colours, and regions with outlines that stand out at every zoom.
import { draw, levels, regionUrl, tileZoom } from "../../core/map_style.js";
import tip from "../../core/map_tip.js";
import { make } from "../../core/page.js";
import { addTerritories } from "../../territories/layers.js";

const OUTLINED_FROM = { state: 0, county: 5, municipality: 9 };

const switchable = (map, ids) => ({ change() {}, show(on) { for (const id of ids) map.setLayoutProperty(id, "visibility", on ? "visible" : "none"); } });

export function territories(map, layer, settings) {
  addTerritories(map, layer.tiles, settings, { opacity: 0.28 });
  const hint = tip(map);
  map.on("mousemove", "territories", ({ point, features: [{ properties }] }) => hint.show(point, [make("strong", { textContent: properties.name }), ...(properties.owner ? [make("span", { textContent: properties.owner })] : [])]));
  map.on("mouseleave", "territories", () => hint.hide());
  return switchable(map, ["territories", "territories-line"]);
}

export function outlines(map, _layer, settings) {
  const ids = levels(settings).map(({ level }, i) => {
    map.addSource(`outlined-${level}`, { type: "vector", tiles: [regionUrl(level, settings)], minzoom: OUTLINED_FROM[level] ?? 0, maxzoom: tileZoom(level, settings) });
    draw(map, (c) => [{
      id: `outlined-${level}`, type: "line", source: `outlined-${level}`, "source-layer": "regions", minzoom: OUTLINED_FROM[level] ?? 0, layout: { "line-join": "round" },
      paint: { "line-color": c.ink, "line-width": i === 0 ? 1.8 : 0.8, "line-opacity": i === 0 ? 0.8 : 0.45 },
    }], settings, map.getLayer("labels") ? "labels" : undefined);
    return `outlined-${level}`;
  });
  return switchable(map, ids);
}
