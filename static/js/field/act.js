// A form whose sending is an act: written to the outbox first, then the page moves on. Without scripts the same form posts to its address.
//
// data-act: the kind; data-values: parts of the body as JSON; data-new: names that get an id of their own; data-place: it says where; data-then: where
// the page goes, with {names} of the body; data-said: what is said then; data-lists, data-numbers, data-flags: names that are no plain text;
// data-online: the server's own answer is worth more, so the form is posted to it where it can be reached.
import { say } from "../core/toast.js";
import { doAct, events, fillTokens, phone, reachable, state } from "./phone.js";
import { fieldTexts } from "./texts.js";

const words = (text) => (text ?? "").split(" ").filter(Boolean);

function put(body, path, value) {
  const [name, ...rest] = path.split(".");
  if (rest.length) put((body[name] ??= {}), rest.join("."), value);
  else body[name] = value;
}

/** The body of the act that a form stands for. */
function bodyOf(form, submitter) {
  const { values, lists, numbers, flags } = form.dataset;
  const body = JSON.parse(values ?? "{}");
  const [isList, isNumber, isFlag] = [lists, numbers, flags].map((names) => (name) => words(names).includes(name));
  for (const name of words(lists)) put(body, name, []);
  for (const name of words(flags)) put(body, name, false);
  for (const [name, raw] of new FormData(form, submitter)) {
    if (typeof raw !== "string" || raw.trim() === "" || name === "csrf_token" || name.startsWith("_")) continue;
    const value = isNumber(name) ? Number(raw.replace(/ /g, "").replace(",", ".")) : raw;
    if (isList(name)) body[name].push(value);
    else put(body, name, isFlag(name) ? true : value);
  }
  for (const name of words(form.dataset.new)) body[name] ??= crypto.randomUUID();
  return body;
}

const into = (address, body) => address.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(body[name] ?? ""));

/** Write an act and move on; false when there was no room for it. With `stays` the page shows it itself: out of the stored day, or the server's anew. */
export async function act(kind, body, { place = false, then = "", said = "", draft = "", stays = false } = {}) {
  let done;
  try {
    done = await doAct(kind, body, { placing: place, said });
  } catch (error) {
    if (error.name !== "QuotaExceededError" && error.inner?.name !== "QuotaExceededError") throw error;
    return false;
  }
  if (draft) await (await phone()).forgetDraft(draft);
  if (then) await go(into(then, body), done.sent);
  else if (stays && !(await (await phone()).day())) {
    await done.sent;
    if (!state.offline) events.dispatchEvent(new Event("stale"));
  }
  if (said) say(said, "info");
  return true;
}

/** To a page of the phone. Before the worker is there the server has to know the act first. */
async function go(address, sent) {
  if (!navigator.serviceWorker?.controller) {
    await sent;
    if (state.offline) return say(fieldTexts().kept_here, "info");
  }
  location.assign(address);
  return undefined;
}

/** Send the form to the server as it is, with the button that was tapped: `submit()` alone leaves that out. */
function post(element, submitter) {
  fillTokens();
  if (submitter?.name) element.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
  element.submit();
}

export default function form(element) {
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await phone())) {
      // Nobody's store is open, as when the browser keeps nothing: the server takes the form as it is.
      return post(element, event.submitter);
    }
    if (!element.noValidate && !element.reportValidity()) return undefined;
    if (element.dataset.online !== undefined && (await reachable())) return post(element, event.submitter);
    const missing = element.noValidate && [...element.elements].find((field) => field.required && !field.validity.valid);
    if (missing) {
      missing.closest("fieldset, .field")?.scrollIntoView({ block: "center" });
      missing.focus({ preventScroll: true });
      return say(fieldTexts().missing, "error");
    }
    // Before the buttons are disabled: what a disabled one says does not count.
    const body = bodyOf(element, event.submitter);
    const buttons = [...document.querySelectorAll("button")].filter((button) => button.form === element || element.contains(button));
    for (const button of buttons) button.disabled = true;
    const label = element.dataset.finding && element.querySelector("[data-label]");
    if (label) label.textContent = element.dataset.finding;
    // Pictures and the like are acts of their own, written before the one that they belong to.
    const steps = [];
    element.dispatchEvent(new CustomEvent("acting", { detail: steps }));
    for (const step of steps) await step();
    const { act: kind, then, said, draft, place } = element.dataset;
    const isKept = await act(kind, body, { place: place !== undefined, then, said, draft, stays: !then });
    if (!isKept || !then) for (const button of buttons) button.disabled = false;
    return undefined;
  });
}
