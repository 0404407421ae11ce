// A field that narrows the long list of choices below it to those that hold what is typed.

export default function narrow(field) {
  const choices = [...field.closest("form").querySelectorAll(".menu-choice")];
  field.addEventListener("input", () => {
    const words = field.value.trim().toLocaleLowerCase();
    for (const choice of choices) choice.hidden = !choice.textContent.toLocaleLowerCase().includes(words);
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
