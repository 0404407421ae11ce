// The plans of a day: each rep's way as a line in a colour of the rep's own, the stops numbered along it.
import { draw, fonts } from "../../core/map_style.js";
import { pointAt } from "../../core/accounts.js";
import { make } from "../../core/page.js";

const NOTHING = { type: "FeatureCollection", features: [] };

const colourOf = ({ categories }) => ["match", ["%", ["get", "place"], categories.length], ...categories.slice(1).flatMap((colour, i) => [i + 1, colour]), categories[0]];

export default function plans(map, layer, settings) {
  let url;
  map.addSource("over-plans", { type: "geojson", data: NOTHING });
  const isStop = ["has", "number"];
  draw(map, (c) => [
    { id: "over-plans-edges", type: "line", source: "over-plans", filter: ["!", isStop], layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": c.paper, "line-width": 5.5 } },
    { id: "over-plans-ways", type: "line", source: "over-plans", filter: ["!", isStop], layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": colourOf(c), "line-width": 3 } },
    { id: "over-plans-stops", type: "circle", source: "over-plans", filter: isStop,
      paint: { "circle-color": c.paper, "circle-stroke-color": colourOf(c), "circle-stroke-width": 2.5, "circle-radius": ["interpolate", ["linear"], ["zoom"], 6, 3, 10, 9] } },
    { id: "over-plans-numbers", type: "symbol", source: "over-plans", filter: isStop, minzoom: 9,
      layout: { "text-field": ["to-string", ["get", "number"]], "text-font": fonts(), "text-size": 11, "text-allow-overlap": true }, paint: { "text-color": c.ink } },
  ], settings);
  const open = ({ properties: { rep, number, name, at, url: href }, geometry: { coordinates } }) => {
    const facts = make("p", { className: "map-card-facts" }, make("span", { textContent: `${number}. ${name}` }), make("span", { textContent: at }));
    const content = make("div", {}, make("a", { className: "map-card-name", href, textContent: rep }), facts);
    new map.gl.Popup({ offset: 12, maxWidth: "20rem" }).setLngLat(coordinates).setDOMContent(content).addTo(map);
  };
  map.on("click", "over-plans-stops", ({ features: [stop] }) => open(stop));
  pointAt(map, ["over-plans-stops"]);

  const change = (next) => {
    if (next.url === url) return;
    ({ url } = next);
    map.getSource("over-plans").setData(new URL(url, location.href).href);
  };
  change(layer);
  return {
    change,
    show(on) { for (const part of ["edges", "ways", "stops", "numbers"]) map.setLayoutProperty(`over-plans-${part}`, "visibility", on ? "visible" : "none"); },
  };
}
