// The choice between light, dark and what the device prefers; static/js/theme.js applies it.

export default function theme(element) {
  const buttons = element.querySelectorAll("button");
  const show = () => {
    const chosen = localStorage.getItem("theme") ?? "auto";
    buttons.forEach((button) => button.setAttribute("aria-pressed", button.value === chosen));
  };
  element.addEventListener("click", (event) => {
    const value = event.target.closest("button")?.value;
    if (!value) return;
    if (value === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", value);
    dispatchEvent(new Event("theme-chosen"));
  });
  addEventListener("theme", show);
  show();
}
