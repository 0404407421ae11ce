// The layers of the map: what is on is drawn, what is off hidden. What draws a layer is fetched the first time that it is wanted.
import addAccounts from "../core/accounts.js";

const DRAWERS = {
  rows: async () => (await import("./layers/rows.js")).default,
  heat: async () => (await import("./layers/heat.js")).default,
  plans: async () => (await import("./layers/plans.js")).default,
  territories: async () => (await import("./layers/areas.js")).territories,
  outlines: async () => (await import("./layers/areas.js")).outlines,
};

/** A function that takes the list of layers that are on, as the server tells them, and shows just these. */
export default function layersOf(map, settings) {
  const made = new Map();
  let newest = 0;
  return async (list) => {
    const mine = newest += 1;
    // The way of showing accounts: discs and points, or a glow in their place.
    const accounts = list.find(({ is_way: isWay }) => isWay);
    if (accounts) addAccounts(map, accounts, settings);
    map.accounts?.show(Boolean(accounts) && accounts.draws !== "heat");
    for (const layer of list.filter((one) => one !== accounts || one.draws === "heat")) {
      if (!made.has(layer.name)) {
        const drawer = await DRAWERS[layer.draws]();
        if (mine !== newest) return;
        if (!made.has(layer.name)) made.set(layer.name, drawer(map, layer, settings));
      }
      made.get(layer.name).change(layer);
    }
    const on = new Set(list.map(({ name }) => name));
    for (const [name, layer] of made) layer.show(on.has(name));
  };
}
