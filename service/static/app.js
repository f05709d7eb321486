// Ties the page together: tabs, forms, files, keys and errors.

import { useKey } from "./api.js";
import { analyse } from "./article.js";
import { fillFilter, load, search } from "./cases.js";
import { check } from "./claim.js";
import { byId, h } from "./dom.js";
import { ARTICLES, CLAIMS } from "./examples.js";
import { next, put } from "./review.js";

const LARGEST_FILE = 20_000_000;
const tabs = [...document.querySelectorAll("[role=tab]")];
let again = null;

/** Do some work for a tab: busy while it lasts, an error in words where it fails. */
async function attempt(tab, work, { before = "Working …", focus } = {}) {
  const [status, alert, panel] = [byId(`${tab}-status`), byId(`${tab}-error`), byId(`panel-${tab}`)];
  const buttons = [...panel.querySelectorAll("button[type=submit], #more")];
  alert.replaceChildren();
  alert.hidden = true;
  status.textContent = before;
  panel.setAttribute("aria-busy", "true");
  for (const button of buttons) button.disabled = true;
  try {
    status.textContent = (await work()) ?? "";
    byId("key-form").hidden = true;
  } catch (error) {
    status.textContent = "";
    fail(alert, error);
    if (error.status === 401) askForKey(() => attempt(tab, work, { before, focus }));
    return;
  } finally {
    panel.removeAttribute("aria-busy");
    for (const button of buttons) button.disabled = false;
  }
  if (focus) byId(focus)?.focus();
}

function fail(alert, error) {
  const faults = error.faults ?? [];
  alert.replaceChildren(
    h("p", {}, error.message),
    ...(faults.length > 1 ? [h("ul", {}, faults.map(({ where, message }) => h("li", {}, `${where}: ${message}`)))] : []));
  alert.hidden = false;
}

function askForKey(retry) {
  again = retry;
  byId("key-form").hidden = false;
  byId("key").focus();
}

/** Whether a field holds something; if not, it says what is missing. */
function filled(tab, field, message) {
  const empty = field.value.trim() === "";
  field.setAttribute("aria-invalid", String(empty));
  if (empty) {
    byId(`${tab}-status`).textContent = "";
    fail(byId(`${tab}-error`), new Error(message));
    field.focus();
  }
  return !empty;
}

function analyseText() {
  if (filled("analyse", byId("text"), "There is no text yet: paste one, drop a file, or try an example."))
    attempt("analyse", () => analyse(), { before: "Reading the text …", focus: "outcome-title" });
}

function checkClaim() {
  if (filled("claim", byId("claim"), "There is no claim yet: write one sentence, or try an example."))
    attempt("claim", check, { before: "Looking for known cases …", focus: "verdict-title" });
}

async function takeFile(file) {
  if (!file) return;
  const kind = /\.x?html?$/i.test(file.name) || file.type === "text/html" ? "page" : "text";
  const known = kind === "page" || /\.(txt|md|text)$/i.test(file.name) || file.type.startsWith("text/");
  if (!known || file.size > LARGEST_FILE) {
    const why = known ? "is larger than 20 MB" : "is neither a text nor an HTML file";
    fail(byId("analyse-error"), new Error(`${file.name} ${why}.`));
    return;
  }
  const text = decoded(await file.arrayBuffer());
  if (kind === "page") {
    byId("title").value = "";
    await attempt("analyse", () => analyse(text), { before: `Reading ${file.name} …`, focus: "outcome-title" });
    return;
  }
  byId("text").value = text;
  byId("text").focus();
  byId("analyse-status").textContent = `${file.name} is in the field.`;
}

/** The text of a file: in the encoding that a page names for itself, else in UTF-8. */
function decoded(bytes) {
  const head = new TextDecoder("latin1").decode(bytes.slice(0, 2048));
  const named = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1];
  try {
    return new TextDecoder(named ?? "utf-8").decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function select(tab, { focus = false } = {}) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
  if (tab.id === "tab-cases" && !byId("found").childElementCount) attempt("cases", search, { before: "Loading cases …" });
}

function startTabs() {
  for (const tab of tabs)
    tab.addEventListener("click", () => {
      history.replaceState(null, "", tab.dataset.hash);
      select(tab);
    });
  byId("tabs").addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    history.replaceState(null, "", next.dataset.hash);
    select(next, { focus: true });
  });
  select(tabs.find((tab) => tab.dataset.hash === location.hash) ?? tabs[0]);
}

function startForms() {
  const on = (id, work) => byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    work();
  });
  on("form", analyseText);
  on("claim-form", checkClaim);
  on("cases-form", () => attempt("cases", search, { before: "Searching …" }));
  on("review-form", () => attempt("review", next, { before: "Choosing …" }));
  on("key-form", () => {
    useKey(byId("key").value.trim());
    const retry = again;
    again = null;
    (retry ?? start)();
  });
  byId("more").addEventListener("click", () => attempt("cases", load, { before: "Loading more …" }));
  byId("edit").addEventListener("click", () => {
    byId("form").hidden = false;
    byId("results").hidden = true;
    byId("analyse-status").textContent = "";
    byId("text").focus();
  });
  byId("later").addEventListener("click", () => attempt("analyse", () => put(byId("text").value), { before: "Sending …" }));
  byId("print").addEventListener("click", () => window.print());
  for (const [id, work] of [["text", analyseText], ["claim", checkClaim]])
    byId(id).addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) work();
    });
}

function startFiles() {
  const [field, choice] = [byId("drop"), byId("file")];
  byId("open").addEventListener("click", () => choice.click());
  choice.addEventListener("change", () => {
    takeFile(choice.files[0]);
    choice.value = "";
  });
  const over = (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    field.classList.toggle("dropping", event.type === "dragover");
  };
  for (const kind of ["dragover", "dragleave"]) field.addEventListener(kind, over);
  field.addEventListener("drop", (event) => {
    over(event);
    if (event.dataTransfer.files.length) takeFile(event.dataTransfer.files[0]);
  });
}

function startExamples() {
  const fill = (list, examples, take) => byId(list).append(...examples.map((example) =>
    h("button", { type: "button", class: "chip", onclick: () => take(example) }, example.name)));
  fill("article-examples", ARTICLES, ({ title, text }) => {
    byId("title").value = title;
    byId("text").value = text;
    byId("text").focus();
  });
  fill("claim-examples", CLAIMS, ({ text }) => {
    byId("claim").value = text;
    byId("claim").focus();
  });
}

/** Read the codebook early; a service that asks for a key says so now and not after a text has been pasted. */
function start() {
  attempt("analyse", async () => void (await fillFilter()), { before: "" });
}

startTabs();
startForms();
startFiles();
startExamples();
start();
