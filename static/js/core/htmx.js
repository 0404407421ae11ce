// Joins htmx to the page: the CSRF token on every request, scripts for what is swapped in, a sentence when something failed.
import { say } from "./toast.js";
import { texts } from "./page.js";

const sentences = { 0: "offline", 401: "expired", 403: "forbidden", 404: "missing", 409: "changed" };

export default async function connect(start) {
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    ctx.request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
  });
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    // 422 is a form sent back with its faults marked: it is swapped in and needs no further word.
    const told = new DOMParser().parseFromString(ctx.text, "text/html").querySelector("[data-failure]")?.textContent;
    if (ctx.response.status !== 422) say(told ?? texts()[sentences[ctx.response.status] ?? "failed"], "error");
  });
  document.addEventListener("htmx:error", () => say(texts().offline, "error"));
  document.addEventListener("htmx:after:swap", () => start(document));
  await import("htmx.org");
}
