// The tab "Cases".

import { call, narratives } from "./api.js";
import { caseCard } from "./cards.js";
import { byId, h, plural } from "./dom.js";

const PAGE = 20;
let shown = { query: "", narrative: "", count: 0, cursor: null, more: false };

/** Fill the filter with the codebook, by theme. */
export async function fillFilter() {
  const codebook = await narratives();
  const field = byId("narrative");
  if (field.options.length > 1) return;
  field.append(...codebook.themes.map((theme) =>
    h("optgroup", { label: theme.name }, codebook.list.filter((narrative) => narrative.theme === theme.id)
      .map((narrative) => h("option", { value: narrative.id }, `${narrative.name} (${narrative.cases})`)))));
}

export async function search() {
  await fillFilter();
  shown = { query: byId("query").value.trim(), narrative: byId("narrative").value, count: 0, cursor: null, more: false };
  byId("found").replaceChildren();
  return load();
}

/** The next page. */
export async function load() {
  const codebook = await narratives();
  const asked = new URLSearchParams({ limit: PAGE });
  if (shown.query) asked.set("q", shown.query);
  if (shown.narrative) asked.set("narratives", shown.narrative);
  if (shown.cursor) asked.set("cursor", shown.cursor);
  const page = await call(`v1/cases?${asked}`);
  const first = byId("found").childElementCount;
  byId("found").append(...page.cases.map((known) => h("li", {}, caseCard(known, codebook))));
  shown.count += page.cases.length;
  shown.cursor = page.cursor;
  shown.more = page.cursor !== null;
  byId("more").hidden = !shown.more;
  if (first > 0) focusOn(byId("found").children[first]);
  return summary(page);
}

function summary(page) {
  if (shown.count === 0) return shown.query || shown.narrative ? "No case fits." : "The database holds no cases yet.";
  return shown.query ? `The best ${plural(shown.count, "case")}` : `${shown.count} of ${plural(page.total, "case")}, newest first`;
}

function focusOn(item) {
  item?.setAttribute("tabindex", "-1");
  item?.focus();
}
