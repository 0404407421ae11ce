// Signing out of the phone: what was not sent yet is sent, sealed for its person, or given up on purpose; the stored day goes in any case.
import { fill } from "../core/page.js";
import { say } from "../core/toast.js";
import { discardUnsent, phone, sendNow, signOut as signOutHere, unsent } from "./phone.js";
import { fieldTexts } from "./texts.js";

export default function signOut(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await phone())) return form.submit();
    await sendNow();
    const left = await unsent();
    if (left.length) return ask(left.length);
    return leave();
  });
}

function ask(number) {
  const dialog = document.getElementById("sign-out");
  const texts = fieldTexts();
  dialog.querySelector("[data-number]").textContent = fill(texts.unsent, { number });
  const word = dialog.querySelector("input");
  const button = (name) => dialog.querySelector(`[data-do="${name}"]`);
  button("send").onclick = async () => {
    await sendNow();
    const left = await unsent();
    if (!left.length) return leave();
    dialog.querySelector("[data-number]").textContent = fill(texts.unsent, { number: left.length });
    return say(texts.not_sent, "error");
  };
  button("seal").onclick = () => leave();
  const asked = () => { button("discard").disabled = word.value.trim().toLowerCase() !== word.dataset.word.toLowerCase(); };
  word.value = "";
  word.oninput = asked;
  asked();
  button("discard").onclick = async () => {
    await discardUnsent();
    return leave();
  };
  document.getElementById("person")?.hidePopover?.();
  dialog.showModal();
}

/** Lock what is left, then end the session; without a connection that is done as soon as there is one. */
async function leave() {
  document.getElementById("sign-out").close();
  if (!(await signOutHere())) location.assign("/field/");
}
