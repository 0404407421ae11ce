// A button that leads back, shown only when there is somewhere to go back to.

export default function back(button) {
  button.classList.toggle("is-ready", history.length > 1);
  button.addEventListener("click", () => history.back());
}
