// A <dialog>: a click outside closes it; one with data-url fetches its body when it opens, and a form in it that comes back
// with faults (422) is shown again. Saved, it reloads the page or follows where the answer leads.
import { csrfToken, texts } from "./page.js";
import { say } from "./toast.js";

export default function dialog(element) {
  const body = element.querySelector(".dialog-body");
  element.addEventListener("pointerdown", (event) => { if (event.target === element) element.close(); });
  if (!element.dataset.url) return;

  const show = async (request) => {
    try {
      const response = await request;
      if (response.ok && response.redirected) location.assign(response.url);
      else if (response.ok || response.status === 422) body.replaceChildren(...parsed(await response.text()));
      else say(texts().failed, "error");
    } catch {
      say(texts().offline, "error");
    }
  };
  const headers = { "X-CSRFToken": csrfToken(), "X-Requested-With": "dialog" };
  new MutationObserver(() => { if (element.open) show(fetch(element.dataset.url, { headers })); })
    .observe(element, { attributeFilter: ["open"] });
  body.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    show(fetch(form.action, { method: "post", body: new FormData(form, event.submitter), headers }));
  });
}

function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html").body.childNodes;
}
