// Rows of a layer over the accounts, from tiles: a shape of its own, coloured by kind; far out one for a cell, with its number; near
// one for each row, which opens a card.
import { pointAt } from "../../core/accounts.js";
import { byMost, largest, many, one, short, sideOf, tileUrl } from "../../core/map_marks.js";
import { colours, draw, fonts } from "../../core/map_style.js";
import { json, make } from "../../core/page.js";

const SIZE = 40; // pixels of a mark as it is drawn, twice as many on the canvas
const LARGEST = 1; // share of SIZE
const DEEPEST = 16;
const MIXED = "mixed";

const PATHS = {
  diamond: (c, s) => { c.moveTo(s / 2, 2); c.lineTo(s - 2, s / 2); c.lineTo(s / 2, s - 2); c.lineTo(2, s / 2); c.closePath(); },
  square: (c, s) => { c.rect(s * 0.12, s * 0.12, s * 0.76, s * 0.76); },
};

/** A mark as an image: a filled shape with an edge that parts it from its neighbours. */
function mark(shape, colour, edge) {
  const size = SIZE * 2;
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const context = canvas.getContext("2d");
  PATHS[shape](context, size);
  Object.assign(context, { fillStyle: colour, strokeStyle: edge, lineWidth: 4, lineJoin: "round" });
  context.fill();
  context.stroke();
  return context.getImageData(0, 0, size, size);
}

export default function rows(map, layer, settings) {
  const name = `over-${layer.name}`;
  const texts = json("map-texts");
  const image = (word) => `${name}/${word}`;
  let now = layer;

  const images = () => {
    const c = colours(settings);
    for (const [word, colour] of [[MIXED, c.mark], ...now.kinds.map((kind) => [kind.word, sideOf(kind)])]) {
      if (map.hasImage(image(word))) map.updateImage(image(word), mark(now.shape, colour, c.paper));
      else map.addImage(image(word), mark(now.shape, colour, c.paper), { pixelRatio: 2 });
    }
  };
  images();
  addEventListener("theme", images);
  map.once("remove", () => removeEventListener("theme", images));

  map.addSource(name, { type: "vector", tiles: [tileUrl(now.tiles)], maxzoom: DEEPEST });
  const from = { source: name, "source-layer": layer.name };
  const cellIcon = () => byMost(now, (kind) => image(kind.word), image(MIXED));
  const pointIcon = () => ["match", ["get", "kind"], ...now.kinds.flatMap((kind) => [kind.word, image(kind.word)]), image(MIXED)];
  draw(map, (c) => [
    { id: `${name}-cells`, type: "symbol", ...from, filter: many,
      layout: { "icon-image": cellIcon(), "icon-size": 0.5, "icon-allow-overlap": true, "icon-ignore-placement": true,
        "text-field": ["step", ["get", "n"], "", 2, short(["get", "n"], texts)], "text-font": fonts(), "text-size": 11, "text-allow-overlap": true, "symbol-sort-key": ["get", "n"] },
      paint: { "text-color": c.mark_ink, "text-halo-color": c.mark, "text-halo-width": 0.6 } },
    { id: `${name}-points`, type: "symbol", ...from, filter: one,
      layout: { "icon-image": pointIcon(), "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.36, 16, 0.6], "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-offset": [0, -16] } },
  ], settings);

  // As with accounts, the fullest cell in view sets the scale of a zoom, once.
  const scales = new Map();
  let scaled = "";
  const scale = () => {
    const zoom = Math.floor(map.getZoom());
    if (!scales.has(zoom)) {
      const most = largest(map, name, layer.name, many, "n");
      if (!most) return;
      scales.set(zoom, LARGEST / Math.sqrt(Math.max(16, most)));
    }
    const size = ["max", 0.42, ["min", LARGEST, ["*", scales.get(zoom), ["sqrt", ["get", "n"]]]]];
    if (JSON.stringify(size) === scaled) return;
    scaled = JSON.stringify(size);
    map.setLayoutProperty(`${name}-cells`, "icon-size", size);
  };
  map.on("idle", scale);

  const open = (lngLat, features) => {
    const all = [...new Map(features.map(({ properties }) => [properties.id, properties])).values()];
    const label = (word) => now.kinds.find((kind) => kind.word === word)?.label ?? "";
    // On shared maps a row leads nowhere.
    const leading = (id) => now.page ? { href: now.page.replace("{id}", id) } : {};
    const item = ({ id, name: title, kind }) => make("li", {}, make(now.page ? "a" : "span", { className: "map-choice", ...leading(id) }, title, make("span", { className: "map-choice-note", textContent: label(kind) })));
    const content = make("div", {}, make("p", { className: "map-card-name", textContent: now.label }), make("ul", { className: "map-choices" }, ...all.map(item)));
    new map.gl.Popup({ offset: 18, maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(content).addTo(map);
  };
  map.on("click", `${name}-cells`, ({ features: [{ geometry }] }) => { map.easeTo({ center: geometry.coordinates, zoom: map.getZoom() + 2 }); });
  map.on("click", `${name}-points`, ({ features }) => open(features[0].geometry.coordinates, features));
  pointAt(map, [`${name}-cells`, `${name}-points`]);

  return {
    change(next) {
      const isSame = next.tiles === now.tiles;
      now = next;
      images();
      map.setLayoutProperty(`${name}-cells`, "icon-image", cellIcon());
      map.setLayoutProperty(`${name}-points`, "icon-image", pointIcon());
      if (isSame) return;
      scales.clear();
      map.getSource(name).setTiles([tileUrl(next.tiles)]);
    },
    show(on) { for (const id of [`${name}-cells`, `${name}-points`]) map.setLayoutProperty(id, "visibility", on ? "visible" : "none"); },
  };
}
