// Distances and areas on the earth's ellipsoid (WGS 84). No page and no map in here.
const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const AUTHALIC_METRES = 6371007.1809;
const RADIANS = Math.PI / 180;

/** Metres between two [lon, lat] along the geodesic (Vincenty 1975); on the mean sphere for points nearly opposite each other. */
function distance([lon1, lat1], [lon2, lat2]) {
  const L = (lon2 - lon1) * RADIANS;
  const [u1, u2] = [lat1, lat2].map((lat) => Math.atan((1 - F) * Math.tan(lat * RADIANS)));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = L;
  for (let round = 0; round < 100; round += 1) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    const sine = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sine === 0) return 0;
    const cosine = s1 * s2 + c1 * c2 * cl;
    const sigma = Math.atan2(sine, cosine);
    const alpha = c1 * c2 * sl / sine;
    const squared = 1 - alpha * alpha;
    const middle = squared ? cosine - 2 * s1 * s2 / squared : 0;
    const C = F / 16 * squared * (4 + F * (4 - 3 * squared));
    const before = lambda;
    lambda = L + (1 - C) * F * alpha * (sigma + C * sine * (middle + C * cosine * (2 * middle * middle - 1)));
    if (Math.abs(lambda - before) < 1e-12) {
      const u = squared * (A * A - B * B) / (B * B);
      const more = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)));
      const b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)));
      const off = b * sine * (middle + b / 4 * (cosine * (2 * middle * middle - 1) - b / 6 * middle * (4 * sine * sine - 3) * (4 * middle * middle - 3)));
      return B * more * (sigma - off);
    }
  }
  return 2 * AUTHALIC_METRES * Math.asin(Math.min(1, Math.hypot(
    Math.sin((lat2 - lat1) * RADIANS / 2), Math.sqrt(Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS)) * Math.sin(L / 2))));
}

export const length = (line) => line.slice(1).reduce((sum, point, i) => sum + distance(line[i], point), 0);

// The latitude on the sphere of equal area (Snyder 1987, 3-11 and 3-12).
function authalic(lat) {
  const e = Math.sqrt(E2);
  const q = (sine) => (1 - E2) * (sine / (1 - E2 * sine * sine) + Math.atanh(e * sine) / e);
  return Math.asin(Math.max(-1, Math.min(1, q(Math.sin(lat * RADIANS)) / q(1))));
}

/** Square metres of a ring of [lon, lat], its edges great circles of the sphere of equal area. */
export function area(ring) {
  const points = ring.map(([lon, lat]) => [lon * RADIANS, authalic(lat)]);
  const excess = points.reduce((sum, [lon, lat], i) => {
    const [next, height] = points[(i + 1) % points.length];
    const tangents = Math.tan(lat / 2) * Math.tan(height / 2);
    const across = next - lon;
    const between = (Math.tan(lat / 2) + Math.tan(height / 2)) / (1 + tangents) * Math.tan(across / 2);
    return sum + 2 * Math.atan(between);
  }, 0);
  return Math.abs(excess) * AUTHALIC_METRES ** 2;
}
