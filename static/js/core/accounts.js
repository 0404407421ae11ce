// Accounts on a map, from tiles: far out, a disc per cell whose area is its count; near, a point per account, its status by
// colour and fill (a prospect is a ring), its tier by size. A disc zooms in; a point opens a card.
import { draw, fonts } from "./map_style.js";
import { fill, json, make } from "./page.js";

const LARGEST = 30; // pixels, the radius of the fullest cell in view
const many = ["all", ["!", ["has", "id"]], [">", ["get", "n"], 0]];
const one = ["has", "id"];
const size = (scale) => ["max", 4, ["min", LARGEST, ["*", scale, ["sqrt", ["get", "n"]]]]];
const tiers = ["match", ["get", "tier"], "A", 8, "B", 6.5, "C", 5.5, 4.5];

const count = (texts) => ["step", ["get", "n"], ["to-string", ["get", "n"]],
  1000, ["concat", ["to-string", ["/", ["round", ["/", ["get", "n"], 100]], 10]], texts.thousand],
  10000, ["concat", ["to-string", ["round", ["/", ["get", "n"], 1000]]], texts.thousand],
  1000000, ["concat", ["to-string", ["/", ["round", ["/", ["get", "n"], 100000]], 10]], texts.million]];

function layers(c, texts) {
  const status = ["match", ["get", "status"], "prospect", c.status.prospect, "customer", c.status.customer, c.status.former];
  const from = { source: "accounts", "source-layer": "accounts" };
  return [
    { id: "cells", type: "circle", ...from, filter: many,
      layout: { "circle-sort-key": ["-", 0, ["get", "n"]] },
      paint: { "circle-color": c.mark, "circle-opacity": 0.86, "circle-stroke-color": c.paper, "circle-stroke-width": 1 } },
    { id: "counts", type: "symbol", ...from, filter: ["all", many, [">", ["get", "n"], 1]],
      layout: { "text-field": count(texts), "text-font": fonts(), "text-size": 11.5, "text-allow-overlap": false, "text-padding": 0, "symbol-sort-key": ["-", 0, ["get", "n"]] },
      paint: { "text-color": c.mark_ink } },
    { id: "points", type: "circle", ...from, filter: one,
      paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, ["*", 0.7, tiers], 16, ["*", 1.3, tiers]],
        "circle-color": ["match", ["get", "status"], "prospect", c.paper, status],
        "circle-stroke-width": ["match", ["get", "status"], "prospect", 2, 1],
        "circle-stroke-color": ["match", ["get", "status"], "prospect", status, c.paper] } },
    { id: "names", type: "symbol", ...from, filter: one, minzoom: 14,
      layout: { "text-field": ["get", "name"], "text-font": fonts(), "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.8], "text-optional": true, "text-max-width": 9 },
      paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 1.4 } },
  ];
}

export function card(properties, settings, texts) {
  const url = (settings.account_url ?? "/accounts/{id}").replace("{id}", properties.id);
  const facts = make("div", { className: "map-card-facts" }, make("span", { className: `status status-${properties.status}`, textContent: texts.status[properties.status] ?? properties.status }));
  if (properties.tier) facts.append(make("span", { textContent: fill(texts.tier, { letter: properties.tier }) }));
  return make("div", {}, make("a", { className: "map-card-name", href: url, textContent: properties.name }), facts);
}

/** Show the accounts of a tile address; call again with another address to show another selection. */
export default function addAccounts(map, url, settings) {
  const tiles = [new URL(url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")];
  if (map.getSource("accounts")) return map.getSource("accounts").setTiles(tiles);
  const texts = json("map-texts");
  map.addSource("accounts", { type: "vector", tiles, maxzoom: 14 });
  draw(map, (c) => layers(c, texts), settings);

  // The fullest cell in view sets the scale of a zoom, once: later tiles fit in, discs do not change under the eye.
  const scales = new Map();
  const scale = () => {
    const zoom = Math.floor(map.getZoom());
    if (!scales.has(zoom)) {
      const found = map.querySourceFeatures("accounts", { sourceLayer: "accounts", filter: many });
      if (!found.length) return;
      scales.set(zoom, LARGEST / Math.sqrt(Math.max(25, ...found.map(({ properties }) => properties.n))));
    }
    if (scale.now === scales.get(zoom)) return;
    scale.now = scales.get(zoom);
    map.setPaintProperty("cells", "circle-radius", size(scale.now));
    map.setFilter("counts", ["all", many, [">", ["*", scale.now, ["sqrt", ["get", "n"]]], 9]]);
  };
  map.on("sourcedata", ({ sourceId }) => { if (sourceId === "accounts" && map.isSourceLoaded("accounts")) scale(); });
  map.on("idle", scale);

  map.on("click", "cells", ({ features: [{ geometry }] }) => map.easeTo({ center: geometry.coordinates, zoom: map.getZoom() + 2 }));
  map.on("click", "points", ({ features: [{ geometry, properties }] }) => {
    new map.gl.Popup({ offset: 10, maxWidth: "20rem" }).setLngLat(geometry.coordinates).setDOMContent(card(properties, settings, texts)).addTo(map);
  });
  for (const layer of ["cells", "points"]) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
}
