/** Sends the check-in with the position that the device can tell within a few seconds, and without one when it cannot. */
const LONGEST_WAIT = 6000;

const find = () =>
  new Promise((resolve) => {
    if (!navigator.geolocation) return resolve({ reason: "no geolocation in this browser" });
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy, age_seconds: Math.max(0, (Date.now() - timestamp) / 1000) }),
      (error) => resolve({ reason: ["unknown", "not permitted", "no signal", "took too long"][error.code] ?? "unknown" }),
      { enableHighAccuracy: true, timeout: LONGEST_WAIT, maximumAge: 15000 },
    );
  });

export default function arrive(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    button.querySelector("[data-label]").textContent = form.dataset.finding;
    for (const [name, value] of Object.entries(await find())) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(field);
    }
    form.submit();
  });
}
