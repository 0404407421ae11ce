// What counts: sliders beside their numbers, and a day planned with them while nothing is saved.
import { csrfToken, json, make } from "../core/page.js";
import { ask } from "./ask.js";

const PATIENCE = 120;

export default function weights(element) {
  const form = document.getElementById("weights-form");
  const { usual, texts } = json("weights-usual");
  for (const slider of form.querySelectorAll("[data-for]")) {
    const number = form.elements[slider.dataset.for];
    slider.addEventListener("input", () => { number.value = slider.value; });
    number.addEventListener("input", () => { slider.value = number.value; });
  }
  form.querySelector("[data-usual]").addEventListener("click", () => {
    for (const [name, value] of Object.entries(usual)) {
      form.elements[name].value = value;
      form.elements[name].dispatchEvent(new Event("input"));
    }
  });
  const trial = document.getElementById("trial-form");
  trial?.addEventListener("submit", (event) => {
    event.preventDefault();
    show(trial, form, texts);
  });
}

async function show(trial, form, texts) {
  const place = document.getElementById("trial");
  const button = trial.querySelector("button");
  button.disabled = true;
  place.replaceChildren(make("p", { textContent: texts.working }), make("progress", { ariaLabel: texts.working }));
  try {
    const body = new FormData(form);
    for (const [name, value] of new FormData(trial)) body.set(name, value);
    const response = await fetch(trial.dataset.url, { method: "post", body, headers: { Accept: "application/json", "X-CSRFToken": csrfToken() } });
    const asked = await response.json();
    if (!response.ok) throw new Error(asked.detail);
    for (let tries = 0; tries < PATIENCE; tries += 1) {
      await new Promise((resolve) => { setTimeout(resolve, 400); });
      const { state } = await ask(asked.progress_url);
      if (!["waiting", "running"].includes(state)) break;
    }
    const found = await fetch(asked.result_url);
    // Our own template's answer, escaped there.
    place.innerHTML = await found.text();
  } catch (error) {
    place.replaceChildren(make("p", { textContent: error.message }));
  }
  button.disabled = false;
}
