"use strict";
// The head of an answer: who the patient is, what holds for every option, the standard, and each option in one row.

const MOST_OPEN = 2, MOST_UNKNOWN = 6;

/** The patient in one sentence: what was found, each treatment with its outcome, what was looked for and absent. */
function knownFacts(advice) {
  const { data, engine } = advice.advisor, { patient } = advice;
  const found = [], absent = { negative: [], none: [] };
  const [present, absence, empty, negative] = ["true", "false", "none", "negative"].map((word) => say(`value.${word}`));
  for (const [name, fact] of Object.entries(engine.facts)) {
    if (!isShown(name, fact, patient, engine)) continue;
    const value = valueWords(fact, patient.facts[name], data);
    if (value === say("known.in_part")) continue;
    if ([empty, absence, "0"].includes(value) && fact.absent) found.push(fact.absent);
    else if ([negative, empty, absence].includes(value)) absent[value === negative ? "negative" : "none"].push(fact.gene || fact.label);
    else if (fact.bare || value === present) found.push(value === present ? fact.label : value);
    else if (fact.phrases) found.push(countedWords(fact, patient.facts[name]));
    else found.push(say("patient.fact", { fact: fact.short_label || fact.label, value }));
  }
  const negatives = Object.entries(absent).filter(([, labels]) => labels.length).map(([word, labels]) => say("patient.absent", { word: say(`value.${word}`), facts: joined(labels) }));
  return joinedLists([joined(found), treatmentsWords(patient, engine), ...negatives].filter((part) => part));
}

function isShown(name, fact, patient, engine) {
  const value = patient.facts[name], { given } = patient;
  if (sameValue(value, fact.unknown) || (name === "disease" && "histology" in given)) return false;
  if (name === "extent" && "stage" in given && value.can === engine.facts.extent.mask(["metastatic"])) return false;
  if (engine.data.history_in_short.includes(name)) {
    const { history } = patient, { prior_lines: lines } = patient.facts;
    if (history && (!history.length || history.some((entry) => entry.line))) return false; // each line is named
    const untreated = lines.low === 0 && lines.high === 0 && name !== "prior_lines";
    return ["history", ...engine.data.open_history].some((key) => key in given) && !untreated;
  }
  return name in given;
}

/** The treatments so far, or that there is none; nothing where they are not known. */
const treatmentsWords = ({ history }, engine) => (history && !history.length ? say("patient.untreated") : joinedLists((history ?? []).map((entry) => treatmentWords(entry, engine))));

const monthsAfter = (months) => (months ? say("patient.months_after", { count: months }) : say("patient.while_given"));

function treatmentWords({ line, maintenance, drugs, outcomes, cycles, months }, engine) {
  const { data } = engine, outcome = outcomes.length === 1 ? data.words[outcomes[0]] ?? outcomes[0] : say("patient.outcome_not_known");
  const named = valueWords(engine.facts.received, drugs, data), count = cycles.low === cycles.high ? [say("patient.cycles", { cycles: cycles.low })] : [];
  const after = months.low === months.high ? [monthsAfter(months.low)] : [];
  const fields = { drugs: [say("value.unknown"), say("known.in_part")].includes(named) ? say("patient.drugs_not_known") : named, course: joined([outcome, ...count, ...after]) };
  return line === null ? say("patient.curative", fields) : say(maintenance ? "patient.maintenance" : "patient.line", { line, ...fields });
}

/** What is not known, as the line on the patient names it: of a fact known in part only the rest. */
function notKnownWords(key, advice) {
  const { patient, advisor: { engine } } = advice;
  const words = questionWords(key, advice), fact = engine.facts[key];
  if (!fact || sameValue(patient.facts[key], fact.unknown)) return words;
  if (fact.kind === "set") return say("question.rest", { fact: words });
  if (fact.kind === "number" && fact.permanence !== "treatment") return say("question.exact", { fact: words });
  return fact.open_part || words;
}

/** What is not known and can bear on the answer, the weightiest first; nothing where the questions say it all. */
function unknownWords(missing, advice) {
  if (littleKnown(advice)) return "";
  const cautions = advice.options.filter((option) => option.standing !== "not-indicated" && option.standing !== "excluded").flatMap((option) => option.cautions);
  const waits = [...advice.first, ...advice.standards, ...cautions].flatMap((statement) => statement.depends_on);
  const words = uniqueOf([...missing.map((question) => question.question), ...waits]).map((key) => notKnownWords(key, advice));
  const left = words.length - MOST_UNKNOWN;
  return joined([...words.slice(0, MOST_UNKNOWN), ...(left > 0 ? [say("advice.and_more", { count: left })] : [])]);
}

/** What holds for every option, once; of much that is open only what it waits for. */
function firstView(advice) {
  const { data } = advice.advisor, open = advice.first.filter((statement) => statement.state === "open");
  const inOne = open.length > MOST_OPEN, shown = advice.first.filter((statement) => statement.state === "holds" || !inOne);
  const keys = uniqueOf(open.flatMap((statement) => statement.depends_on));
  const rest = inOne && !littleKnown(advice) ? h("p", { class: "caution open" }, h("span", { class: "warn" }, say("page_answer.against_all")), questionsWords(keys, advice)) : null;
  if (!shown.length && !rest) return null;
  return h("section", { "data-section": "first" }, h("h2", {}, say("advice.first")), shown.map((statement) => {
    const rule = data.rules[statement.rules[0]];
    const title = statement.effect === "caution" ? null : h("strong", {}, `${rule.title}: `);
    const source = rule.basis === "review" ? cite(rule.source) : h("span", { class: "cite" }, say("page_answer.outside_first", { certainty: rule.certainty }));
    const lead = statement.state === "open" ? say("caution.waits", { questions: questionsWords(statement.depends_on, advice) }) : "! ";
    return h("div", { class: `caution ${statement.state}` }, h("span", { class: "warn" }, lead), title, statement.says, " ", source,
      statement.effect === "caution" ? rule.errata.map((text) => h("p", { class: "erratum" }, `† ${text}`)) : null);
  }), rest);
}

/** What the sources state as the standard; standards that wait for the same answers are one line. */
function standardView(advice) {
  const { data } = advice.advisor, open = advice.standards.filter((standard) => standard.state === "open");
  const title = data.sources.standard;
  if (!advice.standards.length) return h("p", { class: "quiet" }, say("advice.standard_none", { standard: title, none: say("advice.no_standard") }));
  const inOne = open.length > 1, keys = uniqueOf(open.flatMap((standard) => standard.depends_on));
  const citation = ({ rule }) => cite(data.rules[rule].source), ruleOf = ({ rule }) => data.rules[rule];
  const sameSource = (standard, next) => next !== undefined && ruleOf(standard).source === ruleOf(next).source;
  const shown = advice.standards.filter((standard) => standard.state === "holds" || (standard.state === "open" && !inOne)), several = shown.length > 1;
  return h("section", { "data-section": title }, h("h2", {}, title), h("ul", {},
    shown.map((standard) => h("li", { "data-rule": standard.rule }, standard.state === "open" ? h("span", { class: "waits" }, say("advice.depends", { questions: questionsWords(standard.depends_on, advice) })) : null,
      h("strong", {}, ruleOf(standard).title), several ? [" ", citation(standard)] : [". ", ruleOf(standard).says, " ", citation(standard)], againstStandard(standard, advice))),
    inOne ? h("li", {}, h("span", { class: "waits" }, say("page_answer.decides_between", { count: keys.length, questions: listedWords(keys.map((key) => questionWords(key, advice))) })),
      open.map((standard, index) => [index ? say("between.lists") : "", h("span", { "data-rule": standard.rule }, ruleOf(standard).title, sameSource(standard, open[index + 1]) ? null : [" ", citation(standard)])]), ".") : null,
    ofOthers(advice).map(([meantFor, standards]) => h("li", {}, say("advice.of_others", { disease: meantFor, standards: "" }),
      standards.map((standard, index) => [index ? say("between.lists") : "", h("span", { "data-rule": standard.rule }, ruleOf(standard).title, sameSource(standard, standards[index + 1]) ? null : [" ", citation(standard)])]), "."))),
    several ? disclosure({ class: "more" }, say("page_answer.in_full"), () => h("ul", {}, shown.map((standard) => h("li", {}, h("strong", {}, `${ruleOf(standard).title}. `), ruleOf(standard).says, " ", citation(standard))))) : null);
}

/** What speaks against a standard in this patient, where it does not concern every option; of several once. */
function againstStandard(standard, advice) {
  const earlier = advice.standards.slice(0, advice.standards.indexOf(standard)).flatMap(({ cautions }) => cautions.map(({ rule }) => rule));
  const cautions = standard.cautions.filter(({ rule }) => !isFirst(rule, advice) && !earlier.includes(rule));
  return cautions.map((held) => caution(held, advice, []));
}

/** The standards that are stated for a disease which is not this patient's, by that disease. */
function ofOthers({ standards, advisor: { data } }) {
  const found = new Map();
  for (const standard of standards.filter(({ state }) => state === "of others")) {
    const meantFor = data.rules[standard.rule].meant_for;
    found.set(meantFor, [...(found.get(meantFor) ?? []), standard]);
  }
  return [...found.entries()];
}

/** The study shown first for an option: by level, figures before none, the gain it showed, its phase. */
function leadingStudy(option, data) {
  const before = (study, rival) => {
    const [left, right] = [data.studies[study].rank, data.studies[rival].rank], place = left.findIndex((part, index) => part !== right[index]);
    return place >= 0 && left[place] < right[place];
  };
  return option.studies.reduce((best, study) => (best === null || before(study, best) ? study : best), null);
}

/** What a row says of the evidence: the best study with its design and size, and its main result. */
function evidenceWords(option, data) {
  const id = leadingStudy(option, data);
  if (id !== null && !data.studies[id].is_statement) return data.regimens[option.regimen].glance[id];
  const { source } = data.rules[option.rules[0]], signs = id === null ? [] : data.studies[id].signs;
  const place = `[${source}${signs.length ? ` †${signs.join(" ")}` : ""}]`;
  return [`${id === null ? say("glance.no_study") : say("glance.statement", { sources: data.rules[option.rules[0]].stated_by })} ${place}`, ""];
}

/** The first warning of an option, in words: what holds before what is open, the patient before the study. A sentence
 * that an earlier row has, which `written` remembers with its number, is pointed to. */
function firstWarning(option, advice, written, number) {
  if (option.standing === "undetermined") return null; // what it waits for comes once it is worked out
  const { data } = advice.advisor, kinds = Object.keys(data.kinds);
  const weight = ({ rule, state }) => (state === "open" ? kinds.length : 0) + kinds.indexOf(data.rules[rule].kind);
  const [first] = option.cautions.filter(({ rule }) => !isFirst(rule, advice)).sort((left, right) => weight(left) - weight(right));
  if (!first) {
    const warned = option.cautions.some((held) => held.state === "holds" && data.rules[held.rule].kind === "patient");
    return warned && option.standing === "offered-with-caution" ? ["", say("page_answer.see_above")] : null;
  }
  const rule = data.rules[first.rule];
  if (first.state === "open") return ["", openWords(option, advice)];
  const kind = `${rule.kind === "patient" ? "! " : ""}${data.kinds[rule.kind]}`, earlier = written.get(rule.in_short);
  if (earlier) return [kind, say("caution.see", { number: earlier })];
  written.set(rule.in_short, number);
  return [say("caution.of_kind", { kind }), rule.in_short];
}

/** What the open cautions of an option wait for. */
function openWords(option, advice) {
  const keys = uniqueOf(option.cautions.filter(({ rule, state }) => state === "open" && !isFirst(rule, advice)).flatMap((held) => held.depends_on));
  return say("glance.caution_waits", { questions: questionsWords(keys, advice) });
}

/** Whether the row says of the evidence that there is no study, so that on a phone its warning need not. */
function isThin(option, data) {
  const id = leadingStudy(option, data), [first] = option.cautions;
  return (id === null || data.studies[id].is_statement) && option.cautions.every(({ rule }) => data.rules[rule].kind === "evidence") && first !== undefined;
}

/** Whether a standard that holds for this patient names the option. */
const isStandard = (option, advice) => advice.standards.some((standard) => standard.state === "holds" && advice.advisor.data.rules[standard.rule].regimens.includes(option.regimen));

/** All options that are offered or wait, in a table of one row each; a name leads to its card. */
function glanceView(advice, changes) {
  const { data } = advice.advisor, shown = shownOptions(advice);
  if (!shown.length) return h("p", { class: "lead", "data-section": "glance" }, say("advice.no_option"));
  const written = new Map(), rows = shown.map((option, index) => {
    const [study, endpoint] = evidenceWords(option, data), warning = firstWarning(option, advice, written, index + 1), change = changes.get(option.regimen);
    const approvals = joinedLists(option.approvals.map((id) => data.approvals[id].brief));
    return h("tr", { class: option.standing, "data-row": option.regimen },
      h("th", { scope: "row" }, h("span", { class: "name" }, h("span", { class: "number" }, `${index + 1}`), h("button", { type: "button", class: "link", onclick: () => toCard(option.regimen) }, option.name)),
        changeMark(change)),
      h("td", { class: "standing-cell" }, badge(option.standing, { words: say(`standing_in_short.${option.standing}`) }), isStandard(option, advice) ? standardMark() : null),
      h("td", { class: "evidence" }, rich(study), endpoint ? [h("span", { class: "dot" }, " · "), rich(endpoint)] : null, approvals ? sayWith("page_answer.approved_brief", { approvals: rich(approvals) }) : null),
      h("td", { class: "warning", "data-thin": warning && isThin(option, data) ? "" : null }, option.standing === "undetermined" ? h("span", { class: "waits" }, say("page_answer.waits_pending")) : warning ? [warning[0] ? h("span", { class: "warn" }, warning[0]) : null, warning[1]] : null));
  });
  const head = ["glance.option", "glance.standing", "page_answer.study_and_result", "glance.warning"].map((key) => say(key)).map((name) => h("th", { scope: "col" }, name));
  return h("section", { "data-section": "glance" }, h("h2", {}, say("glance.title")),
    h("table", { class: "glance" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)),
    shown.length > 1 ? h("p", { class: "quiet small" }, data.order_line) : null);
}

/** The options of the table, in its order: for a marker first, then for any tumour, then those that wait. */
function shownOptions({ options }) {
  const offered = options.filter((option) => option.standing.startsWith("offered"));
  return [...offered.filter((option) => option.markers.length), ...offered.filter((option) => !option.markers.length), ...options.filter((option) => option.standing === "undetermined")];
}

/** Brings the card of a regimen into view, opened and focused. */
function toCard(regimen) {
  document.body.dataset.pane = "answer";
  const card = document.querySelector(`#answer [data-regimen="${regimen}"]`);
  if (!card) return;
  for (let around = card; around; around = around.parentElement?.closest("details")) if (around instanceof HTMLDetailsElement) around.open = true;
  /** @type {HTMLElement} */
  const focused = card.querySelector("h3, summary");
  if (focused.matches("h3")) focused.setAttribute("tabindex", "-1");
  card.scrollIntoView({ block: "start" });
  focused.focus({ preventScroll: true });
}

/** What the signs, chips and letters of the answer mean. */
function keyView(data) {
  const meaning = (standing) => data.groups[standing] ?? data.groups.waiting;
  return h("section", { "data-section": "key" }, h("h2", {}, say("html.signs")),
    h("dl", { class: "key" }, data.standings.map((standing) => h("div", {}, h("dt", {}, h("span", { class: `standing ${standing}` }, standingWords(standing))), h("dd", {}, meaning(standing))))),
    h("dl", { class: "key" }, Object.values(data.reviews).map((review) => h("div", {}, h("dt", {}, review.cited_as), h("dd", {}, say("page_answer.source_key", { title: review.title }))))),
    h("p", { class: "quiet" }, rich(data.legend), say("page_answer.level_key")),
    h("p", { class: "quiet" }, data.order));
}
