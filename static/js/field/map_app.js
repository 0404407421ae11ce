/** The map app that is taken first is kept: from then on one tap navigates. The link itself opens without waiting for that. */
export default function mapApp(sheet) {
  sheet.addEventListener("click", ({ target }) => {
    const app = target.closest("[data-app]")?.dataset.app;
    if (!app) return;
    const token = document.querySelector('meta[name="csrf-token"]').content;
    fetch(sheet.dataset.url, { method: "POST", body: new URLSearchParams({ app }), headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {});
    sheet.hidePopover();
  });
}
