/** Shows the day as soon as its plan is made. */
export default function wait(card) {
  card.addEventListener("finished", () => location.reload());
}
