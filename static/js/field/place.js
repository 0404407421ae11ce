/** Where the phone is, as it can tell within a few seconds: {place} or {noPlace: why}. */
import { LONGEST_PLACING } from "./outbox.js";

const WHY = ["unknown", "not permitted", "no signal", "took too long"];

export default function place(patience = LONGEST_PLACING) {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve({ noPlace: "no geolocation in this browser" });
    // The browser's own limit does not count the time that it asks for permission.
    setTimeout(() => resolve({ noPlace: WHY[3] }), patience);
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) => resolve({
        place: { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy, taken_at: new Date(timestamp).toISOString() },
      }),
      (error) => resolve({ noPlace: WHY[error.code] ?? WHY[0] }),
      { enableHighAccuracy: true, timeout: patience, maximumAge: 15000 },
    );
  });
}
