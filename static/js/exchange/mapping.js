// What each column is: a field is filled by one column, and what changes the reading of the file is looked at again at once.

export default function mapping(form) {
  const columns = [...form.querySelectorAll("select[name^=column-]")];
  const look = form.querySelector("button[value=look]");

  form.addEventListener("change", ({ target }) => {
    if (columns.includes(target) && target.value) {
      for (const other of columns) if (other !== target && other.value === target.value) other.value = "";
    }
    if (["encoding", "sheet"].includes(target.name)) form.requestSubmit(look);
  });
}
