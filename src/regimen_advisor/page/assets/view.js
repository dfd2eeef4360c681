"use strict";
// What a reader sees of an advice. Every text becomes a text node, so that nothing from a file can act as markup.

/** An element: properties that begin with "on" are listeners, others attributes; children are elements or text. */
function h(tag, properties = {}, ...children) {
  const element = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A disclosure whose content is made when it is first opened, or printed: most are never looked at. A click on the
 * summary (a key counts as one) makes it before it opens; `toggle` comes a moment after opening, by whatever opens it.
 */
function disclosure(properties, summary, make) {
  const element = h("details", properties, h("summary", { onclick: () => element.fill() }, summary));
  element.fill = () => {
    element.fill = () => {};
    element.append(...[make()].flat(Infinity).filter((child) => child));
  };
  if (properties.open) element.fill();
  element.addEventListener("toggle", () => element.fill());
  return element;
}

/** Makes every disclosure whole, those within others too. */
function fillAll(root) {
  for (const element of root.querySelectorAll("details")) {
    if (!element.fill) continue;
    const isEmpty = element.children.length === 1;
    element.fill();
    if (isEmpty) fillAll(element);
  }
}

const standingTitle = (standing) => say(`standing_title.${standing}`);
const TRUTH_WORDS = { [TRUE]: "met", [FALSE]: "not met", [UNKNOWN]: "unknown" };
const stateWords = (truth) => say(`state.${TRUTH_WORDS[truth]}`);
const stateLead = (truth) => say("page_answer.state", { state: stateWords(truth) });
/** A standing, or a group of the quiz, in words. */
const standingWords = (standing) => say(`standing.${standing}`);
/** A standing, or a group of the quiz, with what it means. */
const badge = (standing, { words = standingWords(standing), inside = false } = {}) =>
  tipped({ class: `standing ${standing}` }, words, say("page_answer.standing_tip", { standing: standingWords(standing), meaning: sources.standings[standing] ?? sources.standings.waiting }), { inside });
/** Whether a condition is met, with what that means. */
const stateMark = (truth, context = {}) => [tipped({ class: `state ${TRUTH_WORDS[truth].replace(" ", "-")}` }, stateLead(truth).trimEnd(), say(`state_meaning.${TRUTH_WORDS[truth]}`), context), " "];
const standardMark = () => tipped({ class: "mark standard" }, say("glance.badge"), say("page_answer.standard_tip"));
/** What became of an option with the last edit. */
const changeMark = (change, context = {}) => (change ? tipped({ class: "mark" }, change.words, say("page_answer.change_tip"), context) : null);
const LINK = /https:\/\/[^\s),;]+/g;

/** A sentence in which every address is a link. */
function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(end, match.index), h("a", { href: match[0], rel: "noreferrer noopener", target: "_blank" }, match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

/** What is known of a fact, in words. */
function valueWords(fact, value, data) {
  const word = (code) => data.words[code] ?? data.formulary.names[code] ?? code;
  if (sameValue(value, fact.unknown)) return say("value.unknown");
  if (fact.kind === "number") {
    if (value.low === fact.low && value.high === fact.high) return say("value.unknown"); // known only to be there
    if (value.low === fact.low && value.low < value.high) return say("known.range", { low: value.low, high: withUnit(fact, value.high) });
    return value.low > value.high ? say("value.none") : rangeWords(fact, value);
  }
  if (fact.kind === "choice") {
    const left = new Set(fact.domain.filter((choice) => value.can & fact.bit.get(choice))), words = [];
    for (const [group, members] of Object.entries(fact.groups)) {
      if (!members.every((member) => left.has(member))) continue;
      words.push(word(group));
      members.forEach((member) => left.delete(member));
    }
    return listedWords([...words, ...[...left].map(word)], "or");
  }
  if (value.must & fact.emptyBit) return word(fact.empty);
  const inGroup = (group) => fact.mask(fact.groups[group]) & value.must;
  const has = (member) => value.must & fact.bit.get(member);
  const sure = [...fact.members.filter((member) => has(member) && !(member in fact.groups)), ...Object.keys(fact.groups).filter((group) => has(group) && !inGroup(group))];
  const more = value.may & ~value.must & ~fact.emptyBit;
  if (!sure.length) return say("known.in_part");
  const list = listedWords(sure.map(word));
  return more ? say("known.and_more", { list }) : list;
}

const withUnit = (fact, number) => (fact.unit === "%" ? say("known.percent", { number }) : String(number));

/** A number or a range: `at least 1`, `2 to 3`; where the fact ends is never named. */
function rangeWords(fact, { low, high }) {
  if (low === high) return withUnit(fact, low);
  if (high >= fact.high) return say("known.at_least", { number: withUnit(fact, low) });
  if (low <= fact.low) return say("known.at_most", { number: withUnit(fact, high) });
  return say("known.range", { low, high: withUnit(fact, high) });
}

/** What is known of a number that counts, as a phrase: `2 prior lines`. */
function countedWords(fact, { low, high }) {
  const [noneOfIt, justOne, severalOfIt] = fact.phrases;
  if (high === 0) return noneOfIt;
  return ((high >= fact.high ? low : high) === 1 ? justOne : severalOfIt).replace("{}", rangeWords(fact, { low, high }));
}

/** A question key in words: `history[1].outcome` is the outcome of line 2, say. */
function questionWords(key, { patient, advisor: { engine } }) {
  const part = HISTORY_PART.exec(key);
  if (part) return ofCourses(part[2], [Number(part[1])], patient);
  return key === "history" ? say("question.history") : engine.facts[key]?.label ?? key;
}

/** Several questions as a list; what is asked of several treatments is named once. */
function questionsWords(keys, advice) {
  const places = new Map();
  for (const key of keys) {
    const part = HISTORY_PART.exec(key), asked = part ? part[2] : key;
    places.set(asked, [...(places.get(asked) ?? []), ...(part ? [Number(part[1])] : [])]);
  }
  return joined([...places].map(([asked, found]) => found.length ? ofCourses(asked, found, advice.patient) : questionWords(asked, advice)));
}

/** What is asked of these treatments of the history, in words. */
function ofCourses(asked, places, patient) {
  const entries = patient.history.filter(({ position }) => places.includes(position)).sort((left, right) => left.position - right.position);
  const courses = listedWords(uniqueOf(entries.map(courseOf)));
  return asked === "relapse_after" ? say("question.months_to_relapse", { courses }) : say("question.part_of_course", { part: say(`entry.${asked}`), courses });
}

/** The patient in words, for the print, where the form is left out. */
function knownView(profile, advice) {
  const { engine, data } = advice.advisor;
  const facts = Object.values(engine.facts).filter((fact) => fact.name in profile && !isUnknown(profile[fact.name]))
    .map((fact) => [fact.label, valueWords(fact, advice.patient.facts[fact.name], data)]);
  const entries = (Array.isArray(profile.history) ? profile.history : []).map(({ line, setting, drugs = "unknown", outcome = "unknown", cycles, relapse_after: months }) => [
    !line ? say("page_known.curative") : setting ? say("page_known.maintenance", { line }) : say("page_known.line", { line }),
    joinedLists([Array.isArray(drugs) ? joined(drugs) : say("page_known.drugs", { drugs: data.words[drugs] ?? drugs }), data.words[outcome] ?? outcome,
      ...(isUnknown(cycles) ? [] : [say("patient.cycles", { cycles })]), ...(isUnknown(months) ? [] : [monthsAfter(months)])]),
  ]);
  const untreated = Array.isArray(profile.history) && !entries.length ? [[say("page_known.history"), say("page_known.untreated")]] : [];
  return h("dl", { class: "known printed" }, [...facts, ...untreated, ...entries].map(([name, words]) => h("div", {}, h("dt", {}, name), h("dd", {}, words))));
}

// Why and why not -----------------------------------------------------------------------------------------------------

/** The parts of a condition, each with its truth and with the patient's value; nested as it is written. */
function tree(node, advice, wanted = true) {
  const { judge, engine, data } = advice.advisor, truth = judge(node);
  if (node.kind === "not" && node.parts[0].kind !== "atom" && !node.says) return tree(node.parts[0], advice, !wanted);
  const words = node.says ?? (node.kind === "all" ? say("explain.all") : say("explain.any"));
  const atom = node.kind === "atom" ? node.atom : node.kind === "not" && node.parts[0].kind === "atom" ? node.parts[0].atom : null;
  if (atom) {
    const fact = engine.facts[atom.fact];
    const value = h("span", { class: "value" }, say("page_answer.value", { value: valueWords(fact, advice.patient.facts[atom.fact], data) }));
    return h("li", {}, h("p", {}, stateMark(truth), words, value));
  }
  const inner = node.kind === "finding" || node.kind === "not" ? node.parts[0] : node;
  const parts = inner.kind === "all" || inner.kind === "any" ? inner.parts : [inner];
  const parting = inner.kind === "any" ? say("html.any_of") : say("html.all_of");
  const contents = node.kind === "not" ? say("page_answer.opposite", { condition: words, parts: parting }) : node.kind === "finding" ? say("page_answer.finding", { finding: words, parts: parting }) : parting;
  return h("li", {}, disclosure({}, [stateMark(truth, { inside: true }), contents], () => h("ul", { class: "tree" }, parts.map((part) => tree(part, advice)))));
}

/** One rule with its condition opened. */
function argument(id, advice, open = false) {
  const { engine, data, truths, judge } = advice.advisor, rule = data.rules[id], node = engine.rules[id];
  const exact = truths[id] === judge(node) ? null : h("p", { class: "quiet" }, say("page_answer.part_by_part", { state: stateWords(judge(node)) }));
  return disclosure({ class: "argument", open },
    [stateMark(truths[id], { inside: true }), rule.does, " ", cite(rule.source, { inside: true })], () => [
      h("p", {}, rule.says, " ", cite(rule.source)), exact, ruleTree(id, advice),
      h("p", { class: "quiet" }, rule.basis === "review" ? sayWith("page_answer.rule", { rule: h("code", {}, id) })
        : sayWith("page_answer.rule_outside", { rule: h("code", {}, id), outside: data.sources.outside, certainty: rule.certainty })),
    ]);
}

/** The conditions of a rule, each with its truth. */
function ruleTree(id, advice) {
  const node = advice.advisor.engine.rules[id];
  return h("ul", { class: "tree" }, (node.kind === "all" ? node.parts : [node]).map((part) => tree(part, advice)));
}

// Options -------------------------------------------------------------------------------------------------------------

const KINDS = ["measure", "patient", "evidence"];

/** The cautions of an option, what to do before the first dose first and thin evidence last. */
function cautions(option, advice, shown) {
  const kind = (held) => advice.advisor.data.rules[held.rule].kind;
  const left = option.cautions.filter((held) => !isFirst(held.rule, advice));
  return KINDS.flatMap((name) => left.filter((held) => kind(held) === name)).map((held) => caution(held, advice, shown));
}

/** Whether a rule is shown above the options. */
const isFirst = (rule, advice) => advice.first.some((statement) => statement.rules.includes(rule));

/** A caution with the errata behind it, but for those shown with the studies of the option. */
function caution(held, advice, shown) {
  const { data } = advice.advisor, rule = data.rules[held.rule];
  const kind = say("caution.of_kind", { kind: data.kinds[rule.kind] });
  const lead = held.state === "open" ? say("caution.waits", { questions: questionsWords(held.depends_on, advice) }) : rule.kind === "patient" ? `! ${kind}` : kind;
  return h("div", { class: `caution ${held.state} ${rule.kind}` }, h("span", { class: "warn" }, lead), held.says,
    rule.basis === "review" ? null : h("span", { class: "cite" }, say("caution.outside", { certainty: rule.certainty })), rule.signed === "[]" ? null : [" ", rich(rule.signed)],
    rule.errata.filter((text) => !shown.includes(text)).map((text) => h("p", { class: "erratum" }, `† ${text}`)));
}

function blocks(list) {
  return list.map((block) => {
    if (block.heading) return h("h4", {}, block.heading);
    if (block.bullets) return h("ul", {}, block.bullets.map((text) => h("li", {}, linked(text))));
    if (block.fields) return h("dl", { class: "fields" }, block.fields.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
    const head = h("thead", {}, h("tr", {}, block.header.map((name) => h("th", { scope: "col" }, name))));
    const rows = block.rows.map((row) => h("tr", {}, row.map((cell, index) => (index ? h("td", {}, cell) : h("th", { scope: "row" }, cell)))));
    return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": joined(block.header) },
      h("table", { class: "stack" }, head, h("tbody", {}, rows)));
  });
}

function study(id, option, data) {
  const details = data.studies[id], brief = data.regimens[option.regimen].brief[id] ?? [];
  return h("li", { class: "study" },
    h("strong", {}, details.words), " ", cite(details.cited),
    brief.map((text) => h("p", { class: "figure" }, rich(text))),
    details.errata.map((text) => h("p", { class: "erratum" }, `† ${text}`)),
    disclosure({ class: "more" }, say("page_answer.all_of_study", { study: details.name }), () => blocks(details.blocks)));
}

/** The standing of an option and the level of its evidence, each with what it means. */
function chips(option, advice) {
  const { standing } = option, { ocebm_2011: level, basis } = option.design_level;
  return [
    badge(standing),
    isStandard(option, advice) ? standardMark() : null,
    level ? tipped({ class: "mark level" }, say("figure.level", { level }), say("page_answer.level_tip", { level, basis })) : null,
    option.shown_benefit ? tipped({ class: "mark level" }, say("page_answer.gain", { endpoint: option.shown_benefit }), say("page_answer.gain_tip", { endpoint: option.shown_benefit })) : null,
  ];
}

/** One option; `change` says what became of it with the last edit. */
function optionCard(option, advice, change, number) {
  const { standing, regimen } = option, title = `option-${regimen}`;
  return h("article", { class: `option ${standing}`, "aria-labelledby": title, "data-regimen": regimen, "data-standing": standing },
    h("h3", {}, h("span", { id: title }, number ? `${number}. ` : "", option.name), chips(option, advice), changeMark(change)),
    cardBody(option, advice, change, say("page_answer.waits_pending")));
}

/** An option by name only, as long as little is known; its card is in it. */
function foldedCard(option, advice, change) {
  const { standing, regimen } = option;
  const waits = () => say("page_answer.waits", { questions: questionsWords(advice.advisor.dependsOn()[regimen], advice) });
  return disclosure({ class: "argument", "data-regimen": regimen, "data-standing": standing },
    [option.name, " ", changeMark(change, { inside: true })], () => cardBody(option, advice, change, waits()));
}

/** A card below its heading; `waits` says what an undetermined option waits for. */
function cardBody(option, advice, change, waits) {
  const { data } = advice.advisor, { standing } = option;
  const shown = option.studies.flatMap((id) => data.studies[id].errata);
  const open = standing === "undetermined" || standing === "excluded";
  const whyTitle = standing === "undetermined" ? say("page_answer.what_it_waits_for") : standing === "excluded" ? say("page_answer.why_and_why_not") : say("page_answer.why");
  const rules = uniqueOf([...option.reasons.map((reason) => reason.rule), ...option.rules]);
  const approvals = option.approvals.map((id) => h("li", {}, h("strong", {}, say("page_answer.approved")), rich(data.approvals[id].words), data.approvals[id].errata.map((text) => h("p", { class: "erratum" }, `† ${text}`))));
  return [
    option.setting.length ? h("p", { class: "quiet small" }, option.setting.join(" · ")) : null,
    change ? change.rules.slice(0, 1).map((id) => h("p", { class: "by" }, sayWith("page_changes.by_rule", { rule: h("code", {}, id), sentence: ruleWords(id, advice.advisor) }))) : null,
    option.says.map((text) => h("p", {}, rich(text))),
    standing === "undetermined" ? h("p", { class: "waits" }, waits) : null,
    cautions(option, advice, shown),
    option.harm.map((harm) => h("p", {}, harm.says, " ", cite(harm.source))),
    option.schedule ? h("p", {}, h("strong", {}, say("page_answer.schedule")), option.schedule.says, " ", cite(option.schedule.source)) : null,
    approvals.length ? h("ul", {}, approvals) : null,
    option.studies.length ? h("ul", { class: "studies" }, option.studies.map((id) => study(id, option, data))) : null,
    disclosure({ class: "more", open: open && rules.length === 1 }, whyTitle, () => rules.map((id) => argument(id, advice, rules.length === 1))),
  ];
}

/** An option that a rule excludes: its reason, and all else folded up. */
function excludedCard(option, advice, change) {
  const { data } = advice.advisor, title = `option-${option.regimen}`, rules = uniqueOf([...option.reasons.map((reason) => reason.rule), ...option.rules]);
  const exclusions = option.reasons.filter((reason) => reason.state !== "not met" && data.rules[reason.rule].effect === "exclude");
  const held = exclusions.filter((reason) => reason.state === "met"), reasons = held.length ? held : exclusions; // of those that are open one holds
  return h("article", { class: "option excluded", "aria-labelledby": title, "data-regimen": option.regimen, "data-standing": "excluded" },
    h("h3", {}, h("span", { id: title }, option.name), chips({ ...option, design_level: {}, shown_benefit: null }, advice), changeMark(change)),
    reasons.map(({ rule }) => h("p", {}, h("strong", {}, say("page_answer.excluded")), rich(data.rules[rule].says), " ", cite(data.rules[rule].source))),
    disclosure({ class: "more" }, say("page_answer.why_and_why_not"), () => [rules.map((id) => argument(id, advice, rules.length === 1)),
      option.studies.length ? h("ul", { class: "studies" }, option.studies.map((id) => study(id, option, data))) : null]));
}

function notIndicated(options, advice, changes) {
  if (!options.length) return null;
  return h("section", { "data-section": "not-indicated" }, h("h2", {}, standingTitle("not-indicated")), h("details", {}, h("summary", {}, say("page_answer.not_offered", { count: options.length })),
    options.map((option) => disclosure({ class: "argument", "data-regimen": option.regimen, "data-standing": option.standing },
      [option.name, " ", badge(option.standing, { inside: true }), changeMark(changes.get(option.regimen), { inside: true })],
      () => option.reasons.map(({ rule }) => argument(rule, advice, option.reasons.length === 1))))));
}

function statements(title, list, advice, end = ": ") {
  if (!list.length) return null;
  const { data } = advice.advisor;
  return h("section", { "data-section": title }, h("h2", {}, title), h("ul", {}, list.map((held) => {
    const rule = data.rules[held.rule], errata = rule.effect === "trial" ? data.studies[rule.subject].errata : [];
    return h("li", { "data-rule": rule.id },
      held.state === "open" ? h("span", { class: "waits" }, say("advice.depends", { questions: questionsWords(held.depends_on, advice) })) : null,
      h("strong", {}, rule.title, end), rich(rule.says), " ",
      rule.basis === "review" ? cite(rule.source) : h("span", { class: "cite" }, say("page_answer.outside", { outside: data.sources.outside, certainty: rule.certainty })),
      errata.map((text) => h("p", { class: "erratum" }, `† ${text}`)));
  })));
}

/** The head of the answer, which stays in sight: the patient, what comes first, the standard, all options at a glance. */
function summaryView(advice, changes) {
  const little = littleKnown(advice);
  return [
    h("p", { class: "patient" }, h("strong", {}, say("page_answer.patient")), say("page_answer.patient_facts", { facts: knownFacts(advice) || say("advice.nothing_known") }), h("span", { id: "unknown" })),
    advice.patient.notes.map((note) => h("p", { class: "caution" }, h("span", { class: "warn" }, say("page_answer.input")), note)),
    firstView(advice),
    little ? h("div", { id: "missing" }) : null,
    little ? standardView(advice) : isNarrow() ? [glanceView(advice, changes), standardView(advice)] : [standardView(advice), glanceView(advice, changes)],
    stackView(advice),
    h("p", { class: "quiet small", id: "counts" }, countsWords(advice)),
  ];
}

/** Each option and the sections after them; `changes` says for a regimen what became of it. */
function detailView(advice, changes) {
  const { data } = advice.advisor, standingAs = (standing) => advice.options.filter((option) => option.standing === standing);
  const little = littleKnown(advice), numbers = new Map(shownOptions(advice).map((option, index) => [option.regimen, index + 1]));
  const offered = advice.options.filter((option) => option.standing.startsWith("offered"));
  const marked = offered.filter((option) => option.markers.length), unmarked = offered.filter((option) => !option.markers.length);
  const groups = [
    ["marker", say("group.for_markers", { markers: joinedLists(uniqueOf(marked.flatMap((option) => option.markers))) }), marked],
    ["offered", marked.length ? data.any_tumour : standingTitle("offered"), unmarked],
    ...["undetermined", "excluded"].map((standing) => [standing, standingTitle(standing), standingAs(standing)]),
  ];
  const card = (option) => (option.standing === "excluded" ? excludedCard(option, advice, changes.get(option.regimen))
    : little ? foldedCard(option, advice, changes.get(option.regimen)) : optionCard(option, advice, changes.get(option.regimen), numbers.get(option.regimen)));
  return [
    groups.filter(([, , options]) => options.length).map(([name, title, options]) => h("section", { "data-section": name }, h("h2", {}, title), options.map(card))),
    notIndicated(standingAs("not-indicated"), advice, changes),
    little ? null : h("div", { id: "missing" }),
    statements(data.sources.silent, advice.silent.filter(({ rule }) => !isFirst(rule, advice)), advice),
    statements(data.sources.trials, advice.trials, advice),
    statements(say("advice.notes"), advice.notes.filter(({ rule }) => !isFirst(rule, advice)), advice),
    keyView(data),
  ];
}

/** How many regimens have each standing. */
function countsWords({ options, advisor }) {
  const counts = advisor.data.standings.map((standing) => [standing, options.filter((option) => option.standing === standing).length]);
  const words = counts.filter(([, count]) => count).map(([standing, number]) => say("advice.of_standing", { number, standing: standingWords(standing) }));
  return say("advice.counts", { count: options.length, standings: listedWords(words) });
}

const MOST_QUESTIONS = 6;

/** What is missing, and what each answer would settle. */
function missingView(missing, advice) {
  if (!missing.length) return null;
  const { data } = advice.advisor, name = (id) => data.regimens[id].name;
  const answer = ({ values, standings }) => h("li", {}, h("strong", {}, listedWords(values.map((word) => data.words[word] ?? word), "or")), ": ",
    Object.entries(standings).map(([id, standing], index) => [index ? say("between.lists") : "", name(id), " ", badge(standing)]));
  const title = littleKnown(advice) ? say("questions.first_title") : say("questions.title");
  const item = (question) => h("li", { "data-question": question.question },
    h("strong", {}, question.asks), ` ${decidesWords(question, advice)}`,
    question.answers.length ? disclosure({ class: "more" }, say("page_answer.would_settle"), () => h("ul", {}, question.answers.map(answer))) : null);
  const [first, rest] = [missing.slice(0, MOST_QUESTIONS), missing.slice(MOST_QUESTIONS)];
  return h("section", { "data-section": "missing" }, h("h2", {}, title), h("ul", {}, first.map(item)),
    rest.length ? disclosure({ class: "more" }, say("page_answer.more_to_ask", { count: rest.length }), () => h("ul", {}, rest.map(item))) : null);
}

/** Whether nothing is offered and more than half of the regimens wait, so that questions come before options. */
function littleKnown({ options }) {
  const countOf = (word) => options.filter((option) => option.standing.startsWith(word)).length;
  return !countOf("offered") && 2 * countOf("undetermined") > options.length;
}

/** What the answer to a question decides; see `reports/deciding.py`. */
function decidesWords({ standards, options, evidence }, advice) {
  const { data } = advice.advisor;
  const named = (ids, whole) => (ids.length <= 3 ? listedWords(ids.map((id) => data.regimens[id].name), "or")
    : ids.length === whole ? say("decides.all", { number: whole }) : say("decides.some", { number: ids.length, all: whole }));
  const waiting = advice.options.filter((option) => option.standing === "undetermined").length;
  const parts = [];
  if (standards.length === 1) parts.push(say("decides.one_standard", { standard: data.rules[standards[0]].subject }));
  else if (standards.length) parts.push(say("decides.standards"));
  if (options.length) parts.push(say(options.length <= 3 ? "decides.option" : "decides.options", { options: named(options, waiting) }));
  if (evidence.length) parts.push(say("decides.evidence", { options: named(evidence, evidence.length) }));
  return parts.length ? say("decides.sentence", { parts: joinedLists(parts) }) : say("decides.only_caution");
}
