// The filter of a map: what the form says as a query string, kept in the address; chips take words away. `changed(query)` is called
// when somebody chose something, at once for choices, on Enter for texts.

/** The words of a form that say something. */
export function wordsOf(form) {
  return new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string" && value.trim()));
}

/** Put the query into the address, the map's place kept. */
export function keep(query) {
  history.replaceState(history.state, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
}

/** Links that carry the selection along. */
export function follow(query) {
  for (const link of document.querySelectorAll("[data-with-selection]")) link.href = link.dataset.withSelection + (query ? `?${query}` : "");
}

function drop(form, name, value) {
  for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = field.checked && field.value !== value;
    else if (field.type === "hidden") { if (field.value === value) field.remove(); } else field.value = "";
  }
}

export default function watchSelection(form, changed) {
  form.addEventListener("submit", (event) => { event.preventDefault(); changed(); });
  form.addEventListener("change", (event) => { if (event.target.type !== "search") changed(); });
  form.addEventListener("search", (event) => { if (!event.target.value) changed(); });
  form.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-drop]");
    if (!chip) return;
    event.preventDefault();
    drop(form, chip.dataset.drop, chip.dataset.value);
    changed();
  });
}

/** Fetch the newest only: what an older call was waiting for is given up. Null for a refusal, undefined where a newer call came. */
export function newest() {
  let running;
  return async (url) => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(url, { signal: running.signal });
      return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      console.warn(error);
      return null;
    }
  };
}
