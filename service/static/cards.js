// Cards of known cases, the same on all three tabs.

import { h, nameOf, outwardLink } from "./dom.js";

/** A card; `head` stands above the title, `extra` before the link. */
export function caseCard(known, codebook, { head = [], extra = [] } = {}) {
  const facts = [
    known.date && ["Date", h("time", { datetime: known.date }, known.date)],
    known.countries.length && ["Countries", known.countries.map((code) => nameOf("region", code)).join(", ")],
    known.languages.length && ["Languages", known.languages.map((code) => nameOf("language", code)).join(", ")],
    known.outlets.length && ["Outlets", known.outlets.join(", ")],
  ].filter(Boolean);
  return h("article", { class: "card case" },
    h("div", { class: "case-head" }, head),
    h("h3", {}, known.title),
    known.narratives.length
      ? h("ul", { class: "chips", "aria-label": "Narratives" },
        known.narratives.map((id) => h("li", { class: "chip" }, codebook.byId.get(id)?.name ?? id)))
      : null,
    known.summary ? h("p", { class: "summary" }, h("b", {}, "Claim "), known.summary) : null,
    known.response ? h("p", { class: "response" }, h("b", {}, "Response "), known.response) : null,
    facts.length
      ? h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))
      : null,
    extra,
    known.url ? h("p", { class: "source" }, outwardLink(known.url, "Read the case at its source")) : null);
}
