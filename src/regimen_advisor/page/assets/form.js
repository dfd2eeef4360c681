"use strict";
// The patient form, made from the declared facts. It reads and writes the same profile as a file does.

const BOUND_SIGNS = { at_least: "≥", above: ">", at_most: "≤", below: "<" };

/** A range or number as a person types it: `60`, `<1`, `1-49`, `≥50`. */
function numberText(value) {
  if (isUnknown(value)) return "";
  if (!isMapping(value)) return String(value);
  const { at_least: low, at_most: high, above, below } = value;
  const first = low ?? (above === undefined || above === null ? undefined : above + 1), last = high ?? (below === undefined || below === null ? undefined : below - 1);
  if (first !== undefined && last !== undefined) return `${first}-${last}`;
  return Object.entries(value).filter(([, number]) => number !== null).map(([word, number]) => `${BOUND_SIGNS[word] ?? word}${number}`).join(" ");
}

/** What was typed as a value of a profile; text that is no number or range is kept, to be refused at its place. */
function typedNumber(text) {
  const bare = text.trim();
  if (!bare || bare.toLowerCase() === "unknown") return undefined;
  if (/^\d{1,4}\s*%?$/.test(bare)) return Number.parseInt(bare, 10);
  return percentWords(bare);
}

/** Letters of a choice that fits on the line of its label; a longer one is set below it, whole. */
const MOST_ON_LINE = 16;

class PatientForm {
  /** `edited(profile, key)` is called after each change of a person. */
  constructor(engine, edited) {
    this.engine = engine;
    this.edited = edited;
    this.profile = {};
    this.element = h("div", { id: "form" });
    const names = Object.values(engine.data.formulary.names).sort();
    this.words = h("datalist", { id: "drug-words" }, names.map((name) => h("option", { value: name })));
  }

  /** Shows a profile; `marked` are the keys to mark as changed, `problems` those of a refusal. */
  show(profile, marked = [], problems = []) {
    this.profile = profile;
    this.marked = marked;
    this.problems = problems;
    // Only after the browser has moved the focus on from the field that was edited.
    clearTimeout(this.later);
    if (this.parts) this.later = setTimeout(() => this.#refresh(), 0);
    else this.#build();
  }

  /** The name of the field that a problem is about. */
  label(path) {
    const [key, entry, part] = path;
    if (part !== undefined) return say("page_form.part_of_treatment", { part, number: entry + 1 });
    return key === "history" ? say("question.history") : this.engine.facts[key]?.label ?? key;
  }

  /** The id of that field. */
  idOf(path) {
    const [key, entry, part] = path;
    if (key === "history") return entry === undefined ? "history-mode" : `entry-${entry}-${part ?? "drugs"}`;
    return `fact-${key}`;
  }

  has(path) {
    return document.getElementById(this.idOf(path)) !== null || path[0] === "history";
  }

  #build() {
    const facts = Object.values(this.engine.facts).filter((fact) => fact.key === fact.name && fact.permanence !== "treatment");
    this.parts = facts.map((fact) => ({ keys: [fact.name], element: null, look: "", make: (state) => this.#field(fact, state) }));
    this.parts.push({ keys: ["history", ...this.engine.data.open_history], element: null, look: "", make: (state) => h("div", {}, this.#history(state)) });
    this.element.replaceChildren(this.words, ...this.parts.map((part) => (part.element = h("div"))));
    this.#refresh();
  }

  /** Rebuilds what looks different; the rest, and the focus, stay. */
  #refresh() {
    for (const part of this.parts) {
      const marked = part.keys.some((key) => this.marked.includes(key));
      const problems = this.problems.filter((problem) => part.keys.some((key) => problem.path[0] === key || problem.keys?.includes(key)));
      const look = JSON.stringify([part.keys.map((key) => this.profile[key]), marked, problems]);
      if (look === part.look) continue;
      const focused = part.element.contains(document.activeElement) ? document.activeElement.id : null;
      const made = part.make({ marked, problems });
      part.element.replaceWith(made);
      Object.assign(part, { element: made, look });
      if (focused) document.getElementById(focused)?.focus();
    }
  }

  #set(key, value) {
    const profile = { ...this.profile };
    if (value === undefined) delete profile[key];
    else profile[key] = value;
    const order = this.engine.data.keys;
    const sorted = Object.fromEntries(Object.entries(profile).sort(([left], [right]) => order.indexOf(left) - order.indexOf(right)));
    this.edited(sorted, key);
  }

  #row(id, label, control, { marked = false, problems = [], help = null, more = null } = {}) {
    if (problems.length) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", `${id}-problem`);
    } else if (help) control.setAttribute("aria-describedby", `${id}-help`);
    return h("div", { class: `field${marked ? " edited" : ""}` }, h("label", { for: id }, label), control,
      help ? h("p", { class: "help", id: `${id}-help` }, help) : null, more,
      problems.length ? h("p", { class: "problem", id: `${id}-problem` }, problems.map((problem) => this.#problem(problem, id))) : null);
  }

  /** What is wrong, in the words of the form; of a contradiction only with what, since its reason is given once above. */
  #problem({ path, keys, message, help, form }, id) {
    const labels = (keys ?? []).filter((key) => this.idOf([key]) !== id).map((key) => this.label([key]));
    if (keys) return labels.length ? say("page_form.does_not_fit", { facts: listedWords(labels) }) : say("page_form.contradicts_itself");
    const words = form ?? message.replace(/^\w+: /, "");
    return [rich(words[0].toUpperCase() + words.slice(1)), help ? [" (", rich(help), ")"] : "", ". "];
  }

  #select(id, options, chosen, change) {
    const known = options.some(([value]) => value === chosen) ? options : [...options, [chosen, chosen]];
    const words = known.find(([value]) => value === chosen)?.[1] ?? "";
    return h("select", { id, class: words.length > MOST_ON_LINE ? "whole-line" : null, onchange: (event) => change(event.target.value) },
      known.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
  }

  #word(word) {
    return this.engine.data.words[word] ?? word;
  }

  #field(fact, state) {
    const id = `fact-${fact.name}`, value = this.profile[fact.name];
    if (fact.kind === "number") return this.#numberField(fact, id, value, state);
    if (fact.kind === "set") return this.#setField(fact, id, value, state);
    const presence = fact.domain.includes("false"), grouped = Object.values(fact.groups).flat();
    const groups = Object.entries(fact.groups).flatMap(([group, members]) => [[group, say("page_form.not_known_which", { group: this.#word(group) })], ...members.map((word) => [word, this.#word(word)])]);
    const words = [...fact.domain.filter((word) => !grouped.includes(word)).map((word) => [word, this.#word(word)]), ...groups];
    const chosen = isUnknown(value) ? "unknown" : String(value);
    const control = this.#select(id, [["unknown", say("value.unknown")], ...words], chosen, (word) => this.#set(fact.name, word === "unknown" ? undefined : presence && ["true", "false"].includes(word) ? word === "true" : word));
    return this.#row(id, fact.label, control, state);
  }

  #numberField(fact, id, value, state) {
    const control = h("input", { type: "text", id, inputmode: "text", autocomplete: "off", placeholder: say("value.unknown"), value: numberText(value), onchange: (event) => this.#set(fact.name, typedNumber(event.target.value)) });
    const help = say("page_form.number_help", { low: fact.low, high: fact.high, ranges: fact.name === "pd_l1_tps" ? "<1, 1-49, ≥50" : "0-1, ≤2" });
    return this.#row(id, fact.unit ? `${fact.label} (${fact.unit})` : fact.label, control, { ...state, help });
  }

  #setField(fact, id, value, state) {
    const modes = [["unknown", say("value.unknown")], [fact.empty, fact.name === "egfr" ? say("page_form.wild_type") : say("page_form.none_found")],
      ...(fact.name === "egfr" ? [["positive", say("page_form.positive")]] : []), ["found", say("page_form.found_mode")], ["partly", say("page_form.partly_mode")]];
    const isList = Array.isArray(value) && value.length, partly = isMapping(value);
    const mode = isUnknown(value) ? "unknown" : isList ? "found" : partly ? "partly" : Array.isArray(value) ? fact.empty : String(value);
    const choose = (word) => this.#set(fact.name, { unknown: undefined, found: [fact.members[0]], partly: { found: [], not_found: [] } }[word] ?? (word === "unknown" ? undefined : word));
    const control = this.#select(id, modes, mode, choose);
    const more = isList ? this.#members(fact, id, value) : partly ? this.#partly(fact, id, value) : null;
    return this.#row(id, fact.label, control, { ...state, more });
  }

  #members(fact, id, value) {
    const toggle = (member) => (event) => {
      const now = this.profile[fact.name], before = Array.isArray(now) ? now : []; // not `value`: two clicks may come before a refresh
      const found = fact.members.filter((name) => (name === member ? event.target.checked : before.includes(name)));
      this.#set(fact.name, found.length ? found : fact.empty);
    };
    return h("fieldset", { class: "members" }, h("legend", { class: "help" }, say("page_form.found_of", { fact: fact.label })), fact.members.map((member) =>
      h("label", {}, h("input", { type: "checkbox", id: `${id}-${member}`, checked: value.includes(member), onchange: toggle(member) }), this.#word(member))));
  }

  #partly(fact, id, value) {
    const sides = (answer) => [answer?.found, answer?.not_found].map((members) => (Array.isArray(members) ? members : [])), [found, absent] = sides(value);
    const choose = (member) => (word) => {
      const [isFound, isAbsent] = sides(this.profile[fact.name]);
      this.#set(fact.name, {
        found: fact.members.filter((name) => (name === member ? word === "found" : isFound.includes(name))),
        not_found: fact.members.filter((name) => (name === member ? word === "not found" : isAbsent.includes(name))),
      });
    };
    return h("fieldset", { class: "members" }, h("legend", { class: "help" }, say("page_form.looked_for", { fact: fact.label })), fact.members.map((member) => {
      const state = found.includes(member) ? "found" : absent.includes(member) ? "not found" : "unknown";
      return h("label", {}, this.#word(member), this.#select(`${id}-${member}`, [["unknown", say("value.unknown")], ["found", say("page_form.found")], ["not found", say("page_form.not_found")]], state, choose(member)));
    }));
  }

  // History -----------------------------------------------------------------------------------------------------------

  #history({ marked, problems }) {
    const { history, prior_lines: lines, last_outcome: outcome } = this.profile;
    const listed = Array.isArray(history);
    const counted = !listed && (!isUnknown(lines) || !isUnknown(outcome));
    const mode = listed ? (history.length ? "listed" : "untreated") : counted ? "counted" : "unknown";
    const options = [["unknown", say("value.unknown")], ["untreated", say("page_known.untreated")], ["listed", say("page_form.listed")], ["counted", say("page_form.counted")]];
    const choose = (word) => {
      const { history: was, prior_lines: _, last_outcome: __, ...rest } = this.profile;
      const treated = { unknown: {}, untreated: { history: [] }, listed: { history: was?.length ? was : [{ line: 1, drugs: "unknown", outcome: "unknown" }] }, counted: { prior_lines: 1 } }[word];
      this.edited({ ...rest, ...treated }, "history");
    };
    const general = problems.filter((problem) => problem.path.length < 3);
    const select = this.#select("history-mode", options, mode, choose);
    return [
      h("h3", {}, say("page_form.history_title")),
      this.#row("history-mode", say("page_known.history"), select, { marked, problems: general }),
      mode === "listed" ? [history.map((entry, index) => this.#entry(entry, index, problems)), h("p", { class: "bar" }, h("button", { type: "button", id: "add-line", onclick: () => this.#add() }, say("page_form.add")))] : null,
      mode === "counted" ? [
        this.#numberField(this.engine.facts.prior_lines, "fact-prior_lines", lines, {}),
        this.#row("fact-last_outcome", this.engine.facts.last_outcome.label, this.#select("fact-last_outcome", ["unknown", ...OUTCOMES].map((word) => [word, this.#word(word)]), isUnknown(outcome) ? "unknown" : String(outcome), (word) => this.#set("last_outcome", word === "unknown" ? undefined : word))),
      ] : null,
    ];
  }

  #add() {
    const { history } = this.profile, lines = history.map((entry) => entry?.line ?? 0);
    this.#set("history", [...history, { line: Math.max(0, ...lines) + 1, drugs: "unknown", outcome: "unknown" }]);
  }

  #entry(entry, index, problems) {
    const { line = null, drugs = "unknown", outcome = "unknown", cycles = null, relapse_after: months = null, setting = null } = isMapping(entry) ? entry : {};
    const ofEntry = problems.filter((problem) => problem.path[1] === index), problemsOf = (key) => ofEntry.filter((problem) => problem.path[2] === key);
    const change = (changes) => {
      const now = this.profile.history[index], next = { ...(isMapping(now) ? now : {}), ...changes };
      for (const key of Object.keys(next)) if (next[key] === undefined || next[key] === null) delete next[key];
      this.#set("history", this.profile.history.map((treatment, place) => (place === index ? next : treatment)));
    };
    const remove = () => this.#set("history", this.profile.history.filter((_, place) => place !== index));
    const kinds = ["line", "maintenance", "curative"].map((word) => [word, say(`page_treatment.${word}`)]);
    const kind = setting ?? "line", id = (key) => `entry-${index}-${key}`;
    const whole = (text) => (text.trim() === "" ? undefined : /^\d{1,3}$/.test(text.trim()) ? Number(text) : text);
    const input = (key, value, read, more = {}) => h("input", { type: "text", id: id(key), value, autocomplete: "off", onchange: (event) => change({ [key]: read(event.target.value) }), ...more });
    const typedDrugs = (text) => {
      const words = text.split(/[,;+\n]/).map((word) => word.trim()).filter((word) => word);
      return !words.length || (words.length === 1 && words[0].toLowerCase() === "unknown") ? "unknown" : words;
    };
    const names = Array.isArray(drugs) ? drugs.join(", ") : drugs === "unknown" ? "" : String(drugs);
    return h("fieldset", { class: "entry" }, h("legend", {}, say("page_form.treatment", { number: index + 1 })),
      this.#row(id("setting"), say("page_form.kind"), this.#select(id("setting"), kinds, kind, (word) => change({ setting: word === "line" ? null : word, line: word === "curative" ? null : line ?? 1 })), { problems: problemsOf("setting") }),
      kind === "curative" ? null : this.#row(id("line"), say("page_form.line"), input("line", line ?? "", whole, { inputmode: "numeric" }), { problems: problemsOf("line") }),
      this.#row(id("drugs"), say("entry.drugs"), input("drugs", names, typedDrugs, { list: "drug-words", placeholder: say("value.unknown") }), { problems: problemsOf("drugs"), help: say("page_form.drugs_help") }),
      this.#row(id("outcome"), say("entry.outcome"), this.#select(id("outcome"), ["unknown", ...OUTCOMES].map((word) => [word, this.#word(word)]), String(outcome), (word) => change({ outcome: word })), { problems: problemsOf("outcome") }),
      this.#row(id("cycles"), say("entry.cycles"), input("cycles", cycles ?? "", whole, { inputmode: "numeric", placeholder: say("value.unknown") }), { problems: problemsOf("cycles") }),
      this.#row(id("relapse_after"), say("page_form.months"), input("relapse_after", months ?? "", whole, { inputmode: "numeric", placeholder: say("value.unknown") }), { problems: problemsOf("relapse_after"), help: say("page_form.months_help") }),
      h("p", { class: "bar" }, h("button", { type: "button", id: id("remove"), onclick: remove }, say("page_form.remove", { number: index + 1 }))));
  }
}
