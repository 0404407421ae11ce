// What of a map did not come is said and asked for again: soon at first, then ever more seldom, and at once when there is a connection again.
import { say } from "./toast.js";

const SOONEST = 2_000;
const LATEST = 60_000;

/** True where asking again may help: the server or the way to it failed, not what was asked. */
const mayCome = ({ status }) => !status || status >= 500 || status === 429;

/** Without a word it would look as if nothing were there. It is said once, and taken back when all of it came. */
export default function fillGaps(map, texts) {
  const missing = new Map();
  let told = null, wait = SOONEST, timer = null;

  function tell(isLost) {
    if (told && (told.isLost || !isLost)) return;
    told?.note.remove();
    told = { isLost, note: say(isLost ? texts.gaps : texts.coming, "error") };
  }

  function again() {
    clearTimeout(timer);
    timer = null;
    wait = Math.min(2 * wait, LATEST);
    for (const [source, tiles] of missing) if (map.getSource(source)) map.refreshTiles(source, tiles);
    missing.clear();
    // What left the view meanwhile is not asked for, and nothing else would say that all is here.
    map.triggerRepaint();
  }

  function connected() {
    wait = SOONEST;
    if (timer) again();
  }

  map.on("error", ({ sourceId, tile, error }) => {
    if (!sourceId) return console.error(error);
    if (error?.name === "AbortError") return undefined;
    const isLost = !tile || !mayCome(error);
    tell(isLost);
    if (isLost) return undefined;
    missing.set(sourceId, [...(missing.get(sourceId) ?? []), tile.tileID.canonical]);
    timer ??= setTimeout(again, wait);
    return undefined;
  });
  map.on("idle", () => {
    if (timer) return;
    wait = SOONEST;
    if (told?.isLost) return;
    told?.note.remove();
    told = null;
  });
  addEventListener("online", connected);
  map.once("remove", () => {
    clearTimeout(timer);
    removeEventListener("online", connected);
  });
}
