// The map of accounts: its filter, its search, the figures beside it. What is chosen stands in the address; the map stays where it is
// unless nothing of the new selection would be in view.
import addAccounts from "../core/accounts.js";
import { openMap, settingsOfPage } from "../core/map.js";
import suggest from "./found.js";
import tools from "./tools/tools.js";
import watchSelection, { follow, keep, newest, wordsOf } from "./selection.js";

const allOf = (map) => JSON.parse(document.getElementById("summary").dataset.bounds ?? "null") ?? map.allBounds;

function seesSome(map, [west, south, east, north]) {
  const view = map.getBounds();
  return view.getWest() < east && view.getEast() > west && view.getSouth() < north && view.getNorth() > south;
}

export default async function accountsMap(element) {
  const settings = settingsOfPage();
  const form = document.getElementById("selection");
  const map = await openMap(element, settings);
  const fetchNewest = newest();
  const sizes = document.getElementById("size");
  const size = () => sizes.querySelector(":checked")?.value ?? "count";
  const withSize = (query) => [query, ...size() === "value" ? ["size=value"] : []].filter(Boolean).join("&");

  const changed = async () => {
    const query = wordsOf(form).toString();
    // Without a map the list stands in its place, and comes with the page.
    if (!map) return location.assign(`?${query}`);
    keep(withSize(query));
    follow(query);
    addAccounts(map, `${settings.accounts.split("?")[0]}?${query}`, settings);
    const page = await fetchNewest(`${settings.summary}?${query}`);
    if (!page) return undefined;
    document.getElementById("summary").replaceWith(page.getElementById("summary"));
    const bounds = allOf(map);
    if (bounds && !seesSome(map, bounds)) map.fitBounds(bounds, { padding: map.roomAround });
    return undefined;
  };
  watchSelection(form, changed);
  if (!map) return;

  map.allBounds = settings.bounds;
  addAccounts(map, settings.accounts, settings);
  suggest(form.elements.q, map, settings);
  tools(map, form, settings);
  sizes.addEventListener("change", () => { map.sizeAccounts(size()); keep(withSize(wordsOf(form).toString())); });
  document.getElementById("fit").addEventListener("click", () => { const all = allOf(map); if (all) map.fitBounds(all, { padding: map.roomAround }); });
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
