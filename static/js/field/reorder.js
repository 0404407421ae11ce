/**
 * A new order of what is left of a day, made on the phone alone: straight lines, nearest neighbour, then 2-opt. It knows no roads and no
 * opening hours; a fixed appointment keeps its place in the order. Whoever shows it says that it is local.
 */
const EARTH = 6_371_008.8;
const DETOUR = 1.35;
const METRES_PER_SECOND = 11;
const rad = (degrees) => (degrees * Math.PI) / 180;

/** Great-circle metres between two {lon, lat}. */
export function metresBetween(a, b) {
  const chord =
    Math.sin(rad(b.lat - a.lat) / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lon - a.lon) / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** Driving between two places, as far as a straight line tells. */
export const secondsBetween = (a, b) => (metresBetween(a, b) * DETOUR) / METRES_PER_SECOND;

const length = (here, order) => {
  let total = 0;
  let from = here ?? order[0];
  for (const stop of order) {
    total += secondsBetween(from, stop);
    from = stop;
  }
  return total;
};

/** The nearest of the free stops at each free place; fixed ones stand where they stood. */
const nearestFirst = (stops, here) => {
  const free = stops.filter((stop) => !stop.is_fixed);
  let from = here ?? stops[0];
  return stops.map((stop) => {
    let next = stop;
    if (!stop.is_fixed) {
      next = free.reduce((best, each) => (secondsBetween(from, each) < secondsBetween(from, best) ? each : best));
      free.splice(free.indexOf(next), 1);
    }
    from = next;
    return next;
  });
};

/** Turn stretches between two fixed stops round as long as that makes the way shorter. */
const untangled = (order, here) => {
  let best = order;
  for (let better = true; better; ) {
    better = false;
    for (let a = 0; a < best.length - 1; a += 1) {
      for (let b = a + 1; b < best.length && !best.slice(a, b + 1).some((stop) => stop.is_fixed); b += 1) {
        const tried = [...best.slice(0, a), ...best.slice(a, b + 1).reverse(), ...best.slice(b + 1)];
        if (length(here, tried) < length(here, best) - 1e-6) {
          best = tried;
          better = true;
        }
      }
    }
  }
  return best;
};

/** `stops` in a shorter order from `here` ({lon, lat} or null), with the seconds of driving it may save; never a longer one. */
export function reorder(stops, here) {
  if (stops.length < 2) return { stops: [...stops], saves_seconds: 0, is_local: true };
  const before = length(here, stops);
  const candidates = [untangled(stops, here), untangled(nearestFirst(stops, here), here)];
  const best = candidates.reduce((one, other) => (length(here, other) < length(here, one) ? other : one));
  return { stops: best, saves_seconds: Math.round(before - length(here, best)), is_local: true };
}
