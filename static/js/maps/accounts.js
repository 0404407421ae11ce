// The map of accounts: its filter, its search, its layers, the figures beside it. What is chosen stands in the address; the map stays
// where it is unless nothing of the new selection would be in view.
import { openMap, settingsOfPage } from "../core/map.js";
import { fill, json, number } from "../core/page.js";
import suggest from "./found.js";
import layersOf from "./layers.js";
import tools from "./tools/tools.js";
import watchSelection, { follow, keep, newest, wordsOf } from "./selection.js";

const PATIENCE = 400; // milliseconds until somebody wonders

const element = (id) => document.getElementById(id);
const allOf = (map) => JSON.parse(element("summary").dataset.bounds ?? "null") ?? map.allBounds;

function seesSome(map, [west, south, east, north]) {
  const view = map.getBounds();
  return view.getWest() < east && view.getEast() > west && view.getSouth() < north && view.getNorth() > south;
}

/** Put the parts of a fetched page in the place of those with the same id. */
function put(page, ...ids) {
  for (const id of ids) {
    const fresh = page.getElementById(id);
    if (fresh) element(id)?.replaceWith(fresh);
  }
}

/** A quiet bar while tiles are on their way, with what they count. */
function tellProgress(map) {
  const bar = element("busy");
  let timer = null;
  const stop = () => { clearTimeout(timer); timer = null; bar.hidden = true; };
  map.on("dataloading", ({ dataType, tile }) => {
    if (timer || dataType !== "source" || !tile) return;
    timer = setTimeout(() => {
      bar.querySelector("span").textContent = fill(bar.dataset.text, { n: number(element("summary").dataset.count, { maximumSignificantDigits: 21 }) });
      bar.hidden = false;
    }, PATIENCE);
  });
  map.on("idle", stop);
}

export default async function accountsMap(stage) {
  const settings = settingsOfPage();
  const [form, panel] = [element("selection"), element("layers")];
  const [switched, summed, counted] = [newest(), newest(), newest()];
  const words = () => new URLSearchParams([...wordsOf(form), ...wordsOf(panel)]).toString();

  /** Numbers come after what is drawn: at a million accounts they take longer. */
  const count = async () => {
    const page = await counted(`${settings.counted}?${words()}`);
    if (page) put(page, "legends", "tables");
  };

  const map = await openMap(stage, settings);
  const changed = async () => {
    // Without a map the list stands in its place, and comes with the page.
    if (!map) return location.assign(`?${words()}`);
    const page = await switched(`${settings.switched}?${words()}`);
    if (page !== undefined) element("layers-error").hidden = page !== null;
    if (!page) return undefined;
    put(page, "layers-on", "legends");
    const { layers, query, list_query: listed } = json("layers-on");
    keep(query);
    follow(listed);
    map.showLayers(layers);
    count();
    const sums = await summed(`${settings.summary}?${query}`);
    if (!sums) return undefined;
    put(sums, "summary");
    const bounds = allOf(map);
    if (bounds && !seesSome(map, bounds)) map.fitBounds(bounds, { padding: map.roomAround });
    return undefined;
  };
  watchSelection(form, changed);
  panel.addEventListener("change", changed);
  panel.addEventListener("submit", (event) => { event.preventDefault(); changed(); });
  if (!map) {
    // What the layers show stands below the list.
    element("tables-instead").append(element("tables"));
    element("table-panel").hidden = true;
    return count();
  }

  map.allBounds = settings.bounds;
  map.showLayers = layersOf(map, settings);
  tellProgress(map);
  map.showLayers(json("layers-on").layers);
  map.once("idle", count);
  suggest(form.elements.q, map, settings);
  tools(map, form, settings);
  element("fit").addEventListener("click", () => { const all = allOf(map); if (all) map.fitBounds(all, { padding: map.roomAround }); });
  stage.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
  return undefined;
}
