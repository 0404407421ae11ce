// A button that leads back, shown only when there is somewhere to go back to.

export default function back(button) {
  button.hidden = history.length < 2;
  button.addEventListener("click", () => history.back());
}
