// The ledger of acts: what waits, what was sent and what became of it, part by part; what was refused is corrected and sent again, of two versions one is kept.
import { fill, json, make } from "../core/page.js";
import { changed, fieldsOf, isTrouble } from "./outbox.js";
import { changeAct, doAct, events, phone, sendNow, show } from "./phone.js";
import { dayAndTime, fieldTexts } from "./texts.js";

const texts = () => json("ledger-texts");
const LOOKS = { placing: "quiet", queued: "warn", sent: "warn", kept: "accent", applied: "good", merged: "good", refused: "bad", conflict: "bad", left: "quiet" };
/** Parts that name a row and say nothing to a person. */
const isSaid = ([name, value]) => value !== null && value !== "" && !/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(String(value)) && !name.endsWith(".id");

let zone, accounts, editing;

export default async function ledger(root) {
  if (!(await phone())) return root.replaceChildren(make("p", { className: "quiet", textContent: fieldTexts().nobody }));
  const draw = async () => {
    if (editing) return;
    const [store, day] = [await phone(), await (await phone())?.day()];
    if (!store) return;
    zone = day?.body.zone;
    accounts = new Map([...(day?.body.accounts ?? []), ...(day?.body.days ?? []).flatMap(({ stops }) => stops.map(({ account, name }) => ({ id: account, name })))]
      .map(({ id, name }) => [id, name]));
    const acts = (await store.acts()).sort((one, other) => isTrouble(other) - isTrouble(one) || other.seq - one.seq);
    const list = make("ol", { className: "list ledger" }, ...acts.map(row));
    root.replaceChildren(...(acts.length ? [head(acts), list] : [make("p", { className: "quiet", textContent: texts().empty })]));
  };
  events.addEventListener("changed", () => show(draw));
  await draw();
}

function head(acts) {
  const button = make("button", { type: "button", className: "btn btn-wide", textContent: texts().send_now });
  button.addEventListener("click", sendNow);
  button.hidden = !acts.some(({ state }) => ["queued", "sent"].includes(state));
  return button;
}

function row(act) {
  const { kinds, states } = texts();
  const name = accounts.get(act.body.account) ?? act.body.name ?? act.body.title ?? "";
  const pill = make("span", { className: `pill pill-${LOOKS[act.state]}`, textContent: act.amended_by ? texts().amended : states[act.state] });
  const title = make("span", { className: "list-text" }, make("strong", { textContent: kinds[act.kind] ?? act.kind }), make("span", { textContent: [name, dayAndTime(act.at, zone)].filter(Boolean).join(" · ") }));
  const summary = make("summary", { className: "list-row" }, title, pill);
  const body = make("div", { className: "ledger-body" });
  if (act.why) body.append(make("p", { className: isTrouble(act) ? "error" : "quiet", textContent: act.why }));
  body.append(parts(act), ...choices(act, body));
  const details = make("details", { open: isTrouble(act) }, summary, body);
  details.dataset.act = act.id;
  details.dataset.state = act.state;
  return make("li", {}, details);
}

const labelOf = (name) => texts().fields[name.split(".").at(-1)] ?? texts().fields[name.split(".")[0]] ?? name;
const valued = (name, value) => texts().outcomes[value] && name === "outcome" ? texts().outcomes[value] : value === true ? texts().yes : value === false ? texts().no : String(value);

/** Field by field; of a conflict with the server's version beside it. */
function parts(act) {
  // What ids are called comes with the server's version; an id without a name says nothing to a person.
  const { names = {}, ...current } = act.current ?? {};
  const called = new Map(Object.entries(names));
  const shown = (body) => new Map(fieldsOf(body).map(([name, value]) => [name, called.get(value) ?? value]));
  const label = (name) => called.get(name.split(".").at(-1)) ?? labelOf(name);
  const theirs = act.state === "conflict" ? shown(current) : null;
  const mine = shown(act.body);
  const told = [...new Set([...mine.keys(), ...(theirs?.keys() ?? [])])].filter((name) => isSaid([name, mine.get(name) ?? null]) || (theirs && isSaid([name, theirs.get(name) ?? null])));
  if (!theirs) {
    const rows = told.flatMap((name) => [make("dt", { textContent: label(name) }), make("dd", { textContent: valued(name, mine.get(name)) })]);
    if (act.place) rows.push(make("dt", { textContent: texts().place }), make("dd", { textContent: fill(texts().within, { metres: Math.round(act.place.accuracy) }) }));
    else if (act.no_place) rows.push(make("dt", { textContent: texts().place }), make("dd", { textContent: texts().no_place }));
    return make("dl", { className: "ledger-parts" }, ...rows);
  }
  const cell = (tag, textContent) => make(tag, { textContent });
  const said = (map, name) => (map.has(name) && map.get(name) !== null ? valued(name, map.get(name)) : "–");
  const top = make("tr", {}, cell("td", ""), ...[texts().mine, texts().theirs].map((text) => Object.assign(cell("th", text), { scope: "col" })));
  const rows = told.map((name) => make("tr", { className: said(mine, name) === said(theirs, name) ? "" : "is-other" },
    Object.assign(cell("th", label(name)), { scope: "row" }), cell("td", said(mine, name)), cell("td", said(theirs, name))));
  return make("table", { className: "ledger-both" }, make("thead", {}, top), make("tbody", {}, ...rows));
}

function choices(act, body) {
  if (!isTrouble(act)) return [];
  const button = (text, work, kind = "") => {
    const made = make("button", { type: "button", className: `btn ${kind}`, textContent: text });
    made.addEventListener("click", work);
    return made;
  };
  const again = (next) => amend(act, next);
  const row = act.state === "conflict"
    ? [button(texts().keep_mine, () => again(act.kind === "prospect_added" ? { ...act.body, insist: true } : act.body), "btn-primary"), button(texts().keep_theirs, () => changeAct(act.id, leave))]
    : [button(texts().retry, () => again(act.body), "btn-primary"), button(texts().edit, () => edit(act, body)), button(texts().leave, () => changeAct(act.id, leave))];
  return [make("div", { className: "ledger-choices" }, ...row)];
}

const leave = (act) => ({ ...act, state: "left", answered: Date.now() });

/** Do it again, corrected: a new act that says which one it takes the place of. */
async function amend(act, body) {
  const { id } = await doAct(act.kind, body, { amends: act.id });
  await changeAct(act.id, (one) => ({ ...one, amended_by: id }));
}

/** The parts of the act as fields to type in. */
function edit(act, body) {
  editing = act.id;
  const form = make("form", { className: "ledger-edit" });
  for (const [name, value] of fieldsOf(act.body).filter(isSaid)) {
    const id = `edit-${act.id}-${name}`;
    const isLong = String(value).length > 60 || name === "note";
    const field = make(isLong ? "textarea" : "input", { id, name, className: "form-control", value });
    if (act.fault && `body.${name}`.startsWith(act.fault.startsWith("body.") ? act.fault : `body.${act.fault}`)) field.setAttribute("aria-invalid", "true");
    form.append(make("div", { className: "field" }, make("label", { htmlFor: id, className: "form-label", textContent: labelOf(name) }), field));
  }
  form.append(make("button", { className: "btn btn-primary btn-wide", textContent: texts().send_again }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    editing = null;
    let next = act.body;
    for (const [name, value] of new FormData(form)) next = changed(next, name, value);
    await amend(act, next);
  });
  body.querySelector(".ledger-parts").replaceWith(form);
  body.querySelector(".ledger-choices").remove();
  form.querySelector("[aria-invalid], input, textarea")?.focus();
}
