// Runs before anything is drawn, so that a dark page never flashes white. The choice is made in core/theme.js.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = null;
    try { chosen = localStorage.getItem("theme"); } catch { /* storage may be forbidden */ }
    document.documentElement.dataset.bsTheme = chosen ?? (dark.matches ? "dark" : "light");
    dispatchEvent(new Event("theme"));
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("theme-chosen", apply);
})();
