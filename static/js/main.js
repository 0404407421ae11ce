// Starts what the page names: <div data-module="customers/map"> gets the default export of static/js/customers/map.js called with it.
// htmx is loaded only where the shell has its settings in a <meta>, so the phone never fetches it.

const started = new WeakSet();

export function start(root) {
  const found = [...root.querySelectorAll("[data-module]")];
  if (root.matches?.("[data-module]")) found.unshift(root);
  for (const element of found) {
    if (started.has(element)) continue;
    started.add(element);
    for (const name of element.dataset.module.split(" ")) {
      import(new URL(`./${name}.js`, import.meta.url).href)
        // What was taken out of the page meanwhile needs no start.
        .then((module) => element.isConnected && module.default(element))
        .catch((error) => console.error(`data-module="${name}"`, error));
    }
  }
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});

start(document);
if (document.querySelector('meta[name="htmx-config"]')) {
  const { default: connect } = await import("./core/htmx.js");
  connect(start);
}
