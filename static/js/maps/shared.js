// One view of the map for whoever has its link: the layers that were on, and nothing to click through to.
import { openMap, settingsOfPage } from "../core/map.js";
import { json } from "../core/page.js";
import layersOf from "./layers.js";

export default async function sharedMap(element) {
  const settings = settingsOfPage();
  const map = await openMap(element, settings);
  if (!map) return;
  await layersOf(map, settings)(json("layers-on").layers);
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
