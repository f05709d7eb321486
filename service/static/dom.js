// Small helpers to build the page. Text always goes in as text nodes, never as markup.

export const byId = (id) => document.getElementById(id);

/** An element: h("p", { class: "note", onclick: f }, "text", child, …). Empty children are left out. */
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ""));
  return made;
}

/** A share in per cent; what is not certain is never rounded to 0 or 100. */
export function percent(share) {
  if (share > 0.99 && share < 1) return "> 99 %";
  if (share > 0 && share < 0.01) return "< 1 %";
  return `${Math.round(share * 100)} %`;
}

/** The name of a language or country in English; the code itself where there is none. */
export function nameOf(type, code) {
  if (type === "region" && code === "EU") return "European Union";
  try {
    return new Intl.DisplayNames(["en"], { type }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A link to another site, or nothing where the address is no web address. */
export function outwardLink(address, text) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (!["http:", "https:"].includes(url.protocol)) return null;
  return h("a", { href: url.href, rel: "noopener noreferrer external", target: "_blank" }, text,
    h("span", { class: "hidden" }, " (opens a new tab)"));
}

/** A bar from 0 to 1 with marks; said in words for those who do not see it. */
export function bar(probability, marks, words) {
  const made = h("div", { class: "bar", role: "img", "aria-label": words }, h("div", { class: "bar-fill" }));
  made.firstChild.style.setProperty("--share", probability);
  for (const { at, title } of marks) {
    const mark = h("div", { class: "bar-mark", title });
    mark.style.setProperty("--share", at);
    made.append(mark);
  }
  return made;
}

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}
