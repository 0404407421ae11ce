// The phone's worker. It keeps the files of the app and an empty page; whose day it is stands in the phone's own store, never here.
importScripts({{ workbox|map("tojson")|join(", ") }});

const { precacheAndRoute, matchPrecache, cleanupOutdatedCaches } = workbox.precaching;
const SHELL = "/field/shell";
const MARK = ["gcrm-field-open", "/field/open"];
// Pages that are put together from the store; what it does not hold they fetch by themselves.
const OWN = [/^\/field\/$/, /^\/field\/(stops|visits)\/[0-9a-f-]{36}$/, /^\/field\/outbox$/];

// When a newer worker was last told to take over: until it has, pages are answered as ever instead of being asked for again and again.
let told = 0;
const TAKES_AT_MOST = 10_000;

// When a form was last sent to the server itself: where that leads, the server has something to say first.
let posted = 0;
const ANSWERED_WITHIN = 15_000;

workbox.core.setCacheNameDetails({ prefix: "gcrm-field" });
cleanupOutdatedCaches();

// Before the files' own routes, so that no page is taken for one.
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.mode === "navigate" && request.method === "POST") posted = Date.now();
  if (request.mode !== "navigate" || request.method !== "GET" || origin !== location.origin || !pathname.startsWith("/field/")) return;
  if (/\.(js|png|webmanifest|json)$/.test(pathname) || pathname === SHELL) return;
  event.respondWith(page(event, pathname));
});

async function page(event, pathname) {
  if (await isNext()) return new Response("", { headers: { Refresh: "0" } });
  const isAnswer = Date.now() - posted < ANSWERED_WITHIN;
  posted = 0;
  const word = await marked();
  if (word === "leaving" || (!isAnswer && word === "open" && OWN.some((pattern) => pattern.test(pathname)))) return (await matchPrecache(SHELL)) ?? fetch(event.request);
  try {
    return await fetch(event.request);
  } catch {
    return (await matchPrecache(SHELL)) ?? Response.error();
  }
}

async function marked() {
  const [cache, address] = MARK;
  const found = await caches.match(address, { cacheName: cache });
  return found ? found.text() : "";
}

/** A newer worker waits and this is the only window: it takes over now, and the page is asked for again. */
async function isNext() {
  if (!registration.waiting || Date.now() - told < TAKES_AT_MOST) return false;
  const open = await clients.matchAll({ type: "window" });
  if (open.length > 1) return false;
  told = Date.now();
  registration.waiting.postMessage("take over");
  return true;
}

self.addEventListener("message", ({ data }) => { if (data === "take over") self.skipWaiting(); });
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));

precacheAndRoute({{ kept|tojson }});
