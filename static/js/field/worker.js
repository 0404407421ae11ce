// The service worker: installed once, looked for anew at most once an hour, taken over when nothing else is open or when the person reloads.
import { is } from "./phone.js";

const HOUR = 3_600_000;

export async function installWorker() {
  if (!navigator.serviceWorker) return;
  let registration;
  try {
    registration = await navigator.serviceWorker.register("/field/sw.js", { scope: "/field/" });
  } catch {
    return; // A browser that forbids it, as in a private window: everything works with a connection.
  }
  const had = Boolean(navigator.serviceWorker.controller);
  let isTaking = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (isTaking) location.reload();
    // Another tab took the new version: this one goes on with what it has loaded, and says so.
    else if (had) is({ reload: true });
  });
  document.addEventListener("take-over", async () => {
    isTaking = true;
    await registration.update().catch(() => {});
    if (registration.waiting) registration.waiting.postMessage("take over");
    else if (registration.installing) registration.installing.postMessage("take over");
    else location.reload();
  });
  setInterval(() => registration.update().catch(() => {}), HOUR);
}
