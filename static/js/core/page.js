// What the page hands to its scripts: JSON script tags, the words among them, its language and its token.

export function json(id) {
  const tag = document.getElementById(id);
  return tag ? JSON.parse(tag.textContent) : {};
}

export const texts = () => json("texts");

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export function number(value, options) {
  return new Intl.NumberFormat(document.documentElement.lang || "en", { maximumSignificantDigits: 4, ...options }).format(value);
}

export const isDark = () => document.documentElement.dataset.bsTheme === "dark";

/** Fill "{name}" in a translated text. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Make an element with children, its text never parsed as HTML. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
