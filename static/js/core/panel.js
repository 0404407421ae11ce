// A panel over the map: remembers whether it is folded; on a phone its head is a handle to drag it up or down.

const phone = matchMedia("(max-width: 767.98px)");

export default function panel(element) {
  const key = `panel:${location.pathname}:${element.id}`;
  const kept = sessionStorage.getItem(key);
  // On a phone the map comes first: panels start folded unless the person had one open, it holds what the page is for,
  // or there is something to do in it first.
  if (kept !== null) element.open = kept === "open";
  else if (phone.matches) element.open = element.matches(".panel-first") || Boolean(element.querySelector(".empty, .notice, [required]"));
  element.dataset.ready = "";
  element.addEventListener("toggle", () => {
    sessionStorage.setItem(key, element.open ? "open" : "folded");
    // A phone has room for one of them.
    if (element.open && phone.matches) for (const other of element.parentElement.querySelectorAll(".panel[open]")) if (other !== element) other.open = false;
  });

  const handle = element.querySelector("summary");
  let from = null;
  let dragged = false;
  handle.addEventListener("pointerdown", (event) => { from = event.clientY; dragged = false; });
  handle.addEventListener("pointermove", (event) => {
    if (from === null || !phone.matches || Math.abs(event.clientY - from) < 24) return;
    element.open = event.clientY < from;
    dragged = true;
    from = null;
  });
  handle.addEventListener("pointerup", () => { from = null; });
  handle.addEventListener("click", (event) => { if (dragged) event.preventDefault(); });
}
