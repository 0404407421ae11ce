// A tap is a finger that comes and goes on one element: where that is replaced in between, the tap is lost.
const LONGEST = 1000;

let under = null;

/** Watch for fingers on the page. */
export function watchTaps() {
  addEventListener("pointerdown", () => {
    under ??= new Promise((resolve) => {
      const gone = new AbortController();
      const done = () => {
        gone.abort();
        clearTimeout(longest);
        // The click comes right after the finger went.
        setTimeout(() => { under = null; resolve(); });
      };
      // A finger that rests, or goes where nothing tells (a list that the system opens), holds nothing up for long.
      const longest = setTimeout(done, LONGEST);
      for (const name of ["pointerup", "pointercancel"]) addEventListener(name, done, { capture: true, signal: gone.signal });
    });
  }, { capture: true, passive: true });
}

/** Resolves when no tap is under way. */
export const tapped = async () => { while (under) await under; };
