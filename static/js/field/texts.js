// The phone's own sentences, in the person's language: templates/field/_texts.html.
import { json } from "../core/page.js";

let read;
export const fieldTexts = () => (read ??= json("field-texts"));

const language = () => document.documentElement.lang || "en";

/** "12 minutes ago", in the person's words. */
export function ago(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  const words = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  if (minutes < 1) return fieldTexts().just_now;
  if (minutes < 60) return words.format(-minutes, "minute");
  if (minutes < 24 * 60) return words.format(-Math.round(minutes / 60), "hour");
  return words.format(-Math.round(minutes / 1440), "day");
}

/** A moment as the day's zone has it. */
export const time = (moment, zone) =>
  new Intl.DateTimeFormat(language(), { hour: "numeric", minute: "2-digit", timeZone: zone || undefined }).format(new Date(moment));

export const dayAndTime = (moment, zone) =>
  new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short", timeZone: zone || undefined }).format(new Date(moment));

/** Today's date where the day is, as 2026-11-23. */
export function todayIn(zone) {
  const parts = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone || undefined }).formatToParts(new Date());
  const part = (type) => parts.find((one) => one.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}`;
}
