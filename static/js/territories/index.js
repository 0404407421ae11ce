// The page of territories: a territory tells its figures under the pointer, marks its row, and leads where its row leads.
import { openMap, settingsOfPage } from "../core/map.js";
import tip from "../core/map_tip.js";
import { make } from "../core/page.js";
import { addTerritories } from "./layers.js";

const told = ({ name, facts }) => [
  make("strong", { textContent: name }),
  make("dl", {}, ...facts.flatMap(([label, value]) => [make("dt", { textContent: label }), make("dd", { textContent: value })])),
];

const rowsOf = (uuid) => document.querySelectorAll(`[data-territory="${CSS.escape(uuid)}"]`);

export default async function territories(element) {
  const settings = settingsOfPage();
  const map = await openMap(element, settings);
  if (!map) return;
  const { url, shown } = settings.territories;
  addTerritories(map, url, settings, { filter: ["in", ["get", "uuid"], ["literal", Object.keys(shown)]] });

  const hint = tip(map);
  let hovered = null;
  const hover = (uuid) => {
    if (uuid === hovered) return;
    for (const [id, on] of [[hovered, false], [uuid, true]]) {
      if (!id) continue;
      map.setFeatureState({ source: "territories", sourceLayer: "territories", id }, { hover: on });
      for (const row of rowsOf(id)) row.toggleAttribute("data-hover", on);
    }
    hovered = uuid;
    map.getCanvas().style.cursor = uuid ? "pointer" : "";
  };
  map.on("mousemove", "territories", ({ point, features: [{ properties }] }) => {
    hover(properties.uuid);
    hint.show(point, told(shown[properties.uuid]));
  });
  map.on("mouseleave", "territories", () => { hover(null); hint.hide(); });
  map.on("click", "territories", ({ features: [{ properties }] }) => location.assign(shown[properties.uuid].href));
  for (const uuid of Object.keys(shown)) {
    for (const row of rowsOf(uuid)) {
      row.addEventListener("pointerenter", () => hover(uuid));
      row.addEventListener("pointerleave", () => hover(null));
    }
  }
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
