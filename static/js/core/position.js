/** A button that fills the lat and lon fields beside it with the device's position. */
export default function position(group) {
  const button = group.querySelector("[data-position-button]");
  if (!button || !navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        group.querySelector("[name=lat]").value = coords.latitude.toFixed(6);
        group.querySelector("[name=lon]").value = coords.longitude.toFixed(6);
        button.disabled = false;
      },
      () => {
        button.querySelector("[data-label]").textContent = button.dataset.failed;
        button.disabled = false;
      },
      { enableHighAccuracy: true, timeout: 10000 },
    );
  });
}
