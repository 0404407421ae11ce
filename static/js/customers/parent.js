// The account that another belongs to: the text is what people read, the hidden field holds the id of the choice.

export default function parent(element) {
  const text = element.querySelector("[name=parent_name]");
  const id = element.querySelector("[name=parent]");
  const options = element.querySelector("datalist");
  text.addEventListener("input", () => {
    const chosen = [...options.children].find(({ value }) => value === text.value);
    id.value = chosen?.dataset.id ?? "";
  });
}
