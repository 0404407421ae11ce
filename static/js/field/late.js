/**
 * Running late: the delay of reaching the first stop, carried through those ahead. Waiting before a stop takes some of it away, nothing adds
 * to it. `gcrm/routing/late.py` says the same in its words. Moments are ISO texts; `latest_at` may be null.
 */
export function late(stops, minutes) {
  let delay = minutes * 60_000;
  return stops.map(({ id, arrive_at, start_at, latest_at }) => {
    const begins = Date.parse(start_at);
    delay = Math.max(0, delay - Math.max(0, begins - Date.parse(arrive_at ?? start_at)));
    const start = begins + delay;
    const breaks = delay > 0 && Boolean(latest_at) && start > Date.parse(latest_at);
    return { id, start_at: new Date(start).toISOString(), late_seconds: Math.round(delay / 1000), breaks };
  });
}
