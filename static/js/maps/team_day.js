// The day of a team on the map: each rep's stops in a colour of the rep's own, filled once made; the way ahead as a line; and the rep
// at the last check-in. The points stand in the page as JSON; the function that is returned draws those that stand there now.
import { makeRoom } from "../core/accounts.js";
import { draw, fonts } from "../core/map_style.js";
import { json, make } from "../core/page.js";

const colour = (c) => ["match", ["get", "colour"], ...c.categories.flatMap((one, number) => [number, one]), c.mark];
const collection = (features) => ({ type: "FeatureCollection", features });
const feature = (type, coordinates, properties) => ({ type: "Feature", geometry: { type, coordinates }, properties });

const layers = (c) => [
  { id: "day-lines", type: "line", source: "day-lines", layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour(c), "line-width": 2.5, "line-opacity": 0.55 } },
  { id: "day-stops", type: "circle", source: "day-stops", filter: ["!=", ["get", "status"], "skipped"],
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 6, 3.5, 12, 6],
      "circle-color": ["case", ["in", ["get", "status"], ["literal", ["done", "arrived"]]], colour(c), c.paper],
      "circle-stroke-color": colour(c), "circle-stroke-width": 2 } },
  { id: "day-missed", type: "symbol", source: "day-stops", filter: ["==", ["get", "status"], "skipped"],
    layout: { "text-field": "✕", "text-font": fonts(), "text-size": 14, "text-allow-overlap": true },
    paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 1.5 } },
];

function mark(map, rep, settings) {
  const element = make("a", { className: `rep-mark${rep.is_late ? " rep-late" : ""}`, href: settings.plan.replace("{plan}", rep.plan), textContent: rep.initials, title: `${rep.name}: ${rep.text}` });
  element.setAttribute("aria-label", `${rep.initials}, ${rep.name}: ${rep.text}`);
  return new map.gl.Marker({ element }).setLngLat(rep.at).addTo(map);
}

export default function showDay(map, settings) {
  let marks = [];
  const show = () => {
    const points = json("points");
    const put = (name, features) => {
      const source = map.getSource(name);
      if (source) source.setData(collection(features));
      else map.addSource(name, { type: "geojson", data: collection(features) });
    };
    put("day-lines", points.lines.filter(({ path }) => path.length > 1).map(({ path, ...rest }) => feature("LineString", path, rest)));
    put("day-stops", points.stops.map(({ at, ...rest }) => feature("Point", at, rest)));
    for (const one of marks) one.remove();
    marks = points.reps.map((rep) => mark(map, rep, settings));
  };
  show();
  draw(map, layers, settings);
  map.on("click", "day-stops", ({ lngLat, features: [stop] }) => {
    const popup = new map.gl.Popup({ maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(make("strong", { textContent: `${stop.properties.number}. ${stop.properties.name}` })).addTo(map);
    makeRoom(map, popup);
  });
  return show;
}
