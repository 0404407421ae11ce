// Drawn lines made small: points left out that change nothing, and the text that an address carries. No page and no map in here.

const MOST_CORNERS = 200;
const LONGEST = 2000; // characters as an address has them, so that a request's line has room for the rest
const PRECISION = 1e5;

const offLine = ([x, y], [ax, ay], [bx, by]) => {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
};

/** A line without the points that lie within the tolerance of it (Douglas and Peucker 1973). */
function thinned(line, tolerance) {
  const keep = new Set([0, line.length - 1]);
  const waiting = [[0, line.length - 1]];
  while (waiting.length) {
    const [first, last] = waiting.pop();
    let [farthest, off] = [-1, tolerance];
    for (let i = first + 1; i < last; i += 1) {
      const distance = offLine(line[i], line[first], line[last]);
      if (distance > off) [farthest, off] = [i, distance];
    }
    if (farthest < 0) continue;
    keep.add(farthest);
    waiting.push([first, farthest], [farthest, last]);
  }
  return line.filter((_, i) => keep.has(i));
}

/** A ring of screen points, thinned until it has few enough corners. */
export function simplified(ring, most = MOST_CORNERS) {
  let [found, tolerance] = [ring, 1];
  do { found = thinned(ring, tolerance); tolerance *= 1.5; } while (found.length > most);
  return found;
}

const turn = ([ax, ay], [bx, by], [cx, cy]) => (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
const cross = (a, b, c, d) => turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0;

/** Whether edges of a ring cross or touch that are not neighbours. */
function crosses(ring) {
  const n = ring.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue;
      if (cross(ring[i], ring[(i + 1) % n], ring[j], ring[(j + 1) % n])) return true;
    }
  }
  return false;
}

function number(value) {
  let rest = value < 0 ? ~(value << 1) : value << 1;
  let text = "";
  for (; rest >= 32; rest >>>= 5) text += String.fromCharCode((32 | (rest & 31)) + 63);
  return text + String.fromCharCode(rest + 63);
}

/** A ring of [lon, lat] as an encoded polyline, latitude first as the format has it. */
export function encoded(ring) {
  let [before, text] = [[0, 0], ""];
  for (const [lon, lat] of ring) {
    const now = [Math.round(lat * PRECISION), Math.round(lon * PRECISION)];
    text += number(now[0] - before[0]) + number(now[1] - before[1]);
    before = now;
  }
  return text;
}

/** Whether an address can carry the ring; else it is kept on the server, which repairs it too. */
export const fitsAddress = (ring) => ring.length <= MOST_CORNERS && !crosses(ring) && encodeURIComponent(encoded(ring)).length <= LONGEST;

/** The ring with its first corner between -180 and 180, and corners between those more than 90 degrees apart. */
export function unwound(ring) {
  const shift = Math.floor((ring[0][0] + 180) / 360) * 360;
  return ring.flatMap(([lon, lat], i) => {
    const [next, height] = ring[(i + 1) % ring.length];
    const pieces = Math.max(1, Math.ceil(Math.abs(next - lon) / 90));
    return Array.from({ length: pieces }, (_, k) => [lon + (next - lon) * k / pieces - shift, lat + (height - lat) * k / pieces]);
  });
}
