// Drawing a territory: a click takes a region in or leaves it out. The codes in the form are the truth; the map and the list follow them.
import { openMap, settingsOfPage } from "../core/map.js";
import { draw, regionUrl } from "../core/map_style.js";
import tip from "../core/map_tip.js";
import { make } from "../core/page.js";
import { addTerritories } from "./layers.js";

const codesIn = (text) => new Set(text.split(/[\s,;]+/).filter(Boolean));
const bare = (code) => code.split(":").at(-1);

export default async function edit(element) {
  const form = document.getElementById("territory-form");
  const field = form.elements.regions;
  const preview = document.getElementById("preview");

  const put = (codes) => {
    field.value = [...codes].join("\n");
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  /** Codes may be written without their country, so a region is chosen under either name. */
  const toggle = (code) => {
    const codes = codesIn(field.value);
    const there = [...codes].filter((one) => one === code || (bare(one) === bare(code) && !one.includes(":")));
    there.forEach((one) => codes.delete(one));
    if (!there.length) codes.add(code);
    put(codes);
  };
  preview.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-remove]");
    if (button) toggle(button.dataset.remove);
  });

  const settings = settingsOfPage();
  const map = await openMap(element, settings);
  if (!map) {
    document.querySelector(".territory-codes").open = true;
    return;
  }
  addTerritories(map, settings.territories.url, settings, { filter: ["!=", ["get", "uuid"], settings.territories.own ?? ""], opacity: 0.18 });

  const levelNow = () => form.elements.level?.value ?? settings.levels.at(-1).level;
  const chosen = () => { const codes = [...codesIn(field.value)]; return [...new Set(codes.flatMap((code) => [code, bare(code)]))]; };
  const isChosen = () => {
    const all = chosen();
    return ["any", ["in", ["get", "code"], ["literal", all]], ["in", ["slice", ["get", "code"], 3], ["literal", all.filter((code) => !code.includes(":"))]]];
  };
  const accent = () => getComputedStyle(element).getPropertyValue("--accent").trim();

  // One source a level: regions chosen at another level stay in sight.
  for (const { level } of settings.levels) {
    const from = { source: `choose-${level}`, "source-layer": "regions" };
    map.addSource(`choose-${level}`, { type: "vector", tiles: [regionUrl(level, settings)], maxzoom: 12, promoteId: "code" });
    draw(map, () => [
      { id: `chosen-${level}`, type: "fill", ...from, filter: isChosen(), paint: { "fill-color": accent(), "fill-opacity": 0.45, "fill-antialias": false } },
      { id: `chosen-line-${level}`, type: "line", ...from, filter: isChosen(), paint: { "line-color": accent(), "line-width": 1.5 } },
      { id: `choose-${level}`, type: "fill", ...from, layout: { visibility: level === levelNow() ? "visible" : "none" }, paint: { "fill-color": accent(), "fill-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 0.2, 0], "fill-antialias": false } },
      { id: `choose-line-${level}`, type: "line", ...from, layout: { visibility: level === levelNow() ? "visible" : "none" }, paint: { "line-color": accent(), "line-width": 0.5, "line-opacity": 0.5 } },
    ], settings, map.getLayer("labels") ? "labels" : undefined);
  }
  const show = () => {
    for (const { level } of settings.levels) {
      for (const id of [`chosen-${level}`, `chosen-line-${level}`]) map.setFilter(id, isChosen());
      for (const id of [`choose-${level}`, `choose-line-${level}`]) map.setLayoutProperty(id, "visibility", level === levelNow() ? "visible" : "none");
    }
  };
  form.addEventListener("change", show);

  const hint = tip(map);
  let hovered = null;
  const hover = (level, id) => {
    if (hovered?.id === id) return;
    const state = (one, on) => one && map.setFeatureState({ source: `choose-${one.level}`, sourceLayer: "regions", id: one.id }, { hover: on });
    state(hovered, false);
    hovered = id ? { level, id } : null;
    state(hovered, true);
  };
  for (const { level } of settings.levels) {
    map.on("mousemove", `choose-${level}`, ({ point, features: [{ properties }] }) => {
      hover(level, properties.code);
      map.getCanvas().style.cursor = "pointer";
      hint.show(point, [make("strong", { textContent: properties.name })]);
    });
    map.on("mouseleave", `choose-${level}`, () => { hover(level, null); map.getCanvas().style.cursor = ""; hint.hide(); });
    map.on("click", `choose-${level}`, ({ features: [{ properties }] }) => toggle(properties.code));
  }
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
