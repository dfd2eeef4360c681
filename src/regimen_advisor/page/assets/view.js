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

const STANDING_TITLES = {
  offered: "Offered",
  undetermined: "Undetermined: waits for an answer",
  excluded: "Excluded",
  "not-indicated": "Not indicated",
};
const TRUTH_WORDS = { [TRUE]: "met", [FALSE]: "not met", [UNKNOWN]: "unknown" };
/** A standing, or a group of the quiz, in words. */
const standingWords = (standing) => standing.replaceAll("-", " ");
const badge = (standing) => h("span", { class: `standing ${standing}` }, standingWords(standing));
const cite = (place) => h("span", { class: "cite" }, `[${place}]`);
const LINK = /https:\/\/[^\s),;]+/g;

/** A sentence in which every address is a link. */
function linked(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(at, match.index), h("a", { href: match[0], rel: "noreferrer noopener", target: "_blank" }, match[0]));
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)];
}

/** What is known of a fact, in words. */
function valueWords(fact, value, data) {
  const word = (one) => data.words[one] ?? data.formulary.names[one] ?? one;
  if (sameValue(value, fact.unknown)) return "unknown";
  if (fact.kind === "number") {
    const unit = fact.unit === "%" ? " %" : "";
    return value.low > value.high ? "none" : value.low === value.high ? `${value.low}${unit}` : `${value.low} to ${value.high}${unit}`;
  }
  if (fact.kind === "choice") {
    const left = new Set(fact.domain.filter((one) => value.can & fact.bit.get(one))), words = [];
    for (const [group, members] of Object.entries(fact.groups)) {
      if (!members.every((one) => left.has(one))) continue;
      words.push(group);
      members.forEach((one) => left.delete(one));
    }
    return listedWords([...words, ...[...left].map(word)], "or");
  }
  if (value.must & fact.emptyBit) return fact.empty;
  const inGroup = (group) => fact.mask(fact.groups[group]) & value.must;
  const sure = fact.members.filter((one) => value.must & fact.bit.get(one) && !(one in fact.groups && inGroup(one)));
  const more = value.may & ~value.must & ~fact.emptyBit;
  return sure.length ? `${listedWords(sure.map(word))}${more ? " and perhaps more" : ""}` : "not fully known";
}

/** A question key in words: `history[1].outcome` is the outcome of the second entry. */
function questionWords(key, engine) {
  const part = /^history\[(\d+)\]\.(\w+)$/.exec(key);
  if (part) return `${part[2]} of history entry ${Number(part[1]) + 1}`;
  return key === "history" ? "treatment history" : engine.facts[key]?.label ?? key;
}

const questionsWords = (keys, engine) => keys.map((key) => questionWords(key, engine)).join(", ");

/** The patient in words, for the print, where the form is left out. */
function knownView(profile, advice) {
  const { engine, data } = advice.advisor;
  const facts = Object.values(engine.facts).filter((fact) => fact.name in profile && !isUnsaid(profile[fact.name]))
    .map((fact) => [fact.label, valueWords(fact, advice.patient.facts[fact.name], data)]);
  const entries = (Array.isArray(profile.history) ? profile.history : []).map(({ line, setting, drugs = "unknown", outcome = "unknown", cycles }) => [
    line ? `line ${line}${setting ? `, ${setting}` : ""}` : "curative",
    `${Array.isArray(drugs) ? drugs.join(", ") : `drugs ${drugs}`}; ${data.words[outcome] ?? outcome}${isUnsaid(cycles) ? "" : `; ${cycles} cycles`}`,
  ]);
  const untreated = Array.isArray(profile.history) && !entries.length ? [["history", "untreated"]] : [];
  return h("dl", { class: "known printed" }, [...facts, ...untreated, ...entries].map(([name, words]) => h("div", {}, h("dt", {}, name), h("dd", {}, words))));
}

// Why and why not -----------------------------------------------------------------------------------------------------

/** The parts of a condition, each with its truth and with the patient's value; nested as it is written. */
function tree(node, advice, wanted = true) {
  const { judge, engine, data } = advice.advisor, truth = judge(node);
  if (node.kind === "not" && node.parts[0].kind !== "atom" && !node.says) return tree(node.parts[0], advice, !wanted);
  const words = node.says ?? (node.kind === "all" ? "all of these" : "at least one of these");
  const state = h("span", { class: `state ${TRUTH_WORDS[truth].replace(" ", "-")}` }, `${TRUTH_WORDS[truth]}: `);
  const atom = node.kind === "atom" ? node.atom : node.kind === "not" && node.parts[0].kind === "atom" ? node.parts[0].atom : null;
  if (atom) {
    const fact = engine.facts[atom.fact];
    const value = h("span", { class: "value" }, ` (patient: ${valueWords(fact, advice.patient.facts[atom.fact], data)})`);
    return h("li", {}, h("p", {}, state, words, value));
  }
  const inner = node.kind === "finding" || node.kind === "not" ? node.parts[0] : node;
  const parts = inner.kind === "all" || inner.kind === "any" ? inner.parts : [inner];
  const how = inner.kind === "any" ? "at least one of" : "all of";
  const under = node.kind === "not" ? `${words}: this is the opposite of ${how}` : node.kind === "finding" ? `${words}: ${how}` : how;
  return h("li", {}, disclosure({}, [state, under], () => h("ul", { class: "tree" }, parts.map((part) => tree(part, advice)))));
}

/** One rule with its condition opened. */
function argument(id, advice, open = false) {
  const { engine, data, truths, judge } = advice.advisor, rule = data.rules[id], node = engine.rules[id];
  const state = TRUTH_WORDS[truths[id]];
  const exact = truths[id] === judge(node) ? null : h("p", { class: "quiet" }, `Taken part by part this is ${TRUTH_WORDS[judge(node)]}; no patient as described leaves it so.`);
  return disclosure({ class: "argument", open },
    [h("span", { class: `state ${state.replace(" ", "-")}` }, `${state}: `), rule.does, " ", cite(rule.source)], () => [
      h("p", {}, rule.says), exact, ruleTree(id, advice),
      h("p", { class: "quiet" }, "Rule ", h("code", {}, id), rule.basis === "review" ? "" : ` · ${rule.basis} (${rule.certainty})`),
    ]);
}

/** The conditions of a rule, each with its truth. */
function ruleTree(id, advice) {
  const node = advice.advisor.engine.rules[id];
  return h("ul", { class: "tree" }, (node.kind === "all" ? node.parts : [node]).map((part) => tree(part, advice)));
}

// Options -------------------------------------------------------------------------------------------------------------

const KINDS = { measure: "Before the first dose", patient: "For this patient", evidence: "Evidence is thin" };

/** The cautions of an option, what to do before the first dose first and thin evidence last. */
function cautions(option, advice, told) {
  const kind = (held) => advice.advisor.data.rules[held.rule].kind;
  const left = option.cautions.filter((held) => !isFirst(held.rule, advice));
  return Object.keys(KINDS).flatMap((name) => left.filter((held) => kind(held) === name)).map((held) => caution(held, advice, told));
}

/** Whether what a rule says stands above the options. */
const isFirst = (rule, advice) => advice.first.some((one) => one.rules.includes(rule));

/** What holds for every option, once. */
function firstView(advice) {
  if (!advice.first.length) return null;
  const { data, engine } = advice.advisor;
  return h("section", { "data-section": "first" }, h("h2", {}, "First"), advice.first.map((one) => {
    const rule = data.rules[one.rules[0]];
    const title = one.effect === "caution" ? null : h("strong", {}, `${rule.title}: `);
    const where = rule.basis === "review" ? cite(rule.source) : h("span", { class: "cite" }, `(outside, ${rule.certainty})`);
    const lead = one.state === "open" ? `? waits for ${questionsWords(one.depends_on, engine)}: ` : "! ";
    return h("div", { class: `caution ${one.state}` }, h("span", { class: "warn" }, lead), title, one.says, " ", where,
      one.effect === "caution" ? rule.errata.map((text) => h("p", { class: "erratum" }, `† ${text}`)) : null);
  }));
}

/** A caution with the errata behind it, but for those told with the studies of the option. */
function caution(held, advice, told) {
  const { data, engine } = advice.advisor, rule = data.rules[held.rule];
  const lead = held.state === "open" ? `? waits for ${questionsWords(held.depends_on, engine)}: ` : `${rule.kind === "patient" ? "! " : ""}${KINDS[rule.kind]}: `;
  return h("div", { class: `caution ${held.state} ${rule.kind}` }, h("span", { class: "warn" }, lead), (held.state === "open" && rule.if_open) || rule.says,
    rule.basis === "review" ? null : h("span", { class: "cite" }, ` (outside, ${rule.certainty})`), rule.signed === "[]" ? null : h("span", { class: "cite" }, ` ${rule.signed}`),
    rule.errata.filter((text) => !told.includes(text)).map((text) => h("p", { class: "erratum" }, `† ${text}`)));
}

function blocks(list) {
  return list.map((block) => {
    if (block.heading) return h("h4", {}, block.heading);
    if (block.bullets) return h("ul", {}, block.bullets.map((text) => h("li", {}, linked(text))));
    if (block.fields) return h("dl", { class: "fields" }, block.fields.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
    const head = h("thead", {}, h("tr", {}, block.header.map((name) => h("th", { scope: "col" }, name))));
    const rows = block.rows.map((row) => h("tr", {}, row.map((cell, index) => (index ? h("td", {}, cell) : h("th", { scope: "row" }, cell)))));
    return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": block.header.join(", ") },
      h("table", { class: "stack" }, head, h("tbody", {}, rows)));
  });
}

function study(id, option, data) {
  const one = data.studies[id], brief = data.regimens[option.regimen].brief[id] ?? [];
  return h("li", { class: "study" },
    h("strong", {}, one.words), " ", cite(one.cited),
    brief.map((text) => h("p", { class: "figure" }, text)),
    one.errata.map((text) => h("p", { class: "erratum" }, `† ${text}`)),
    disclosure({ class: "more" }, `All of ${one.name}: arms, results, safety, citation`, () => blocks(one.blocks)));
}

/** One option; `change` says what became of it with the last edit. */
function optionCard(option, advice, change) {
  const { data } = advice.advisor, { standing } = option;
  const level = option.design_level.ocebm_2011;
  const facts = [
    level ? `level ${level} by design` : null, option.shown_benefit ? `gain stated: ${option.shown_benefit}` : null,
    ...option.setting,
  ].filter((part) => part);
  const told = option.studies.flatMap((id) => data.studies[id].errata);
  const open = standing === "undetermined" || standing === "excluded";
  const why = { offered: "Why", "offered-with-caution": "Why", undetermined: "What it waits for", excluded: "Why and why not" };
  const rules = uniqueOf([...option.reasons.map((reason) => reason.rule), ...option.rules]);
  return h("article", { class: `option ${standing}`, "data-regimen": option.regimen, "data-standing": standing },
    h("h3", {}, option.name, badge(standing), change ? h("span", { class: "mark" }, change) : null),
    facts.length ? h("p", { class: "quiet" }, facts.join(" · ")) : null,
    option.says.map((text) => h("p", {}, text)),
    standing === "excluded" ? option.reasons.filter((reason) => reason.state === "met" && data.rules[reason.rule].effect === "exclude")
      .map((reason) => h("p", {}, h("strong", {}, "Excluded: "), data.rules[reason.rule].says, " ", cite(data.rules[reason.rule].source))) : null,
    standing === "undetermined" ? h("p", { class: "waits" }, "? waits for ...") : null,
    option.harm.map((harm) => h("p", {}, harm.says, " ", cite(harm.source))),
    option.schedule ? h("p", {}, h("strong", {}, "Schedule: "), option.schedule.says, " ", cite(option.schedule.source)) : null,
    cautions(option, advice, told),
    option.approvals.length ? h("ul", {}, option.approvals.map((id) => h("li", {}, h("strong", {}, "Approved: "), data.approvals[id].words, data.approvals[id].errata.map((text) => h("p", { class: "erratum" }, `† ${text}`))))) : null,
    option.studies.length ? h("ul", { class: "studies" }, option.studies.map((id) => study(id, option, data))) : null,
    disclosure({ class: "more", open: open && rules.length === 1 }, why[standing], () => rules.map((id) => argument(id, advice, rules.length === 1))));
}

function notIndicated(options, advice, changes) {
  if (!options.length) return null;
  return h("section", { "data-section": "not-indicated" }, h("h2", {}, STANDING_TITLES["not-indicated"]), h("details", {}, h("summary", {}, `${options.length} regimens that no rule offers to this patient`),
    options.map((option) => disclosure({ class: "argument", "data-regimen": option.regimen, "data-standing": option.standing },
      [option.name, " ", badge(option.standing), changes.get(option.regimen) ? h("span", { class: "mark" }, changes.get(option.regimen)) : null],
      () => option.reasons.map(({ rule }) => argument(rule, advice, option.reasons.length === 1))))));
}

function statements(title, list, advice, end = ": ") {
  if (!list.length) return null;
  const { data, engine } = advice.advisor;
  return h("section", { "data-section": title }, h("h2", {}, title), h("ul", {}, list.map((held) => {
    const rule = data.rules[held.rule], errata = rule.effect === "trial" ? data.studies[rule.subject].errata : [];
    return h("li", { "data-rule": rule.id },
      held.state === "open" ? h("span", { class: "waits" }, `? depends on ${questionsWords(held.depends_on, engine)}: `) : null,
      h("strong", {}, rule.title, end), rule.says, " ",
      rule.basis === "review" ? cite(rule.source) : h("span", { class: "cite" }, `(outside the reviews, ${rule.certainty})`),
      errata.map((text) => h("p", { class: "erratum" }, `† ${text}`)));
  })));
}

/** The whole advice; `changes` says for a regimen what became of it. What is missing is filled in afterwards. */
function adviceView(advice, changes) {
  const { data } = advice.advisor, of = (standing) => advice.options.filter((option) => option.standing === standing);
  const offered = advice.options.filter((option) => option.standing.startsWith("offered"));
  const marked = offered.filter((option) => option.markers.length), others = offered.filter((option) => !option.markers.length);
  const groups = [
    ["marker", `Offered for ${uniqueOf(marked.flatMap((option) => option.markers)).join("; ")}`, marked],
    ["offered", marked.length ? data.any_tumour : STANDING_TITLES.offered, others],
    ...["undetermined", "excluded"].map((standing) => [standing, STANDING_TITLES[standing], of(standing)]),
  ];
  const shown = groups.filter(([, , options]) => options.length).map(([name, title, options]) => h("section", { "data-section": name },
    h("h2", {}, title), options.map((option) => optionCard(option, advice, changes.get(option.regimen)))));
  return [
    advice.patient.notes.map((note) => h("p", { class: "caution" }, h("span", { class: "warn" }, "! input: "), note)),
    firstView(advice),
    littleKnown(advice) ? h("div", { id: "missing" }) : null,
    statements("Standard stated by the reviews", advice.standards, advice, ". ") ?? h("p", { class: "quiet" }, "Standard stated by the reviews: none for this situation."),
    shown.length ? shown : h("p", { class: "lead" }, "No regimen of these rules is offered to this patient, or may be."),
    notIndicated(of("not-indicated"), advice, changes),
    littleKnown(advice) ? null : h("div", { id: "missing" }),
    statements("Silent: not spoken of by the reviews", advice.silent.filter(({ rule }) => !isFirst(rule, advice)), advice),
    statements("Trials under way when the reviews were written", advice.trials, advice),
    statements("Worth knowing", advice.notes.filter(({ rule }) => !isFirst(rule, advice)), advice),
    h("p", { class: "quiet end" }, data.legend),
    h("p", { class: "quiet" }, data.order),
  ];
}

/** What is missing, and what each answer would settle. */
function missingView(missing, advice) {
  if (!missing.length) return null;
  const { data } = advice.advisor, name = (id) => data.regimens[id].name;
  const answer = ({ values, standings }) => h("li", {}, h("strong", {}, listedWords(values.map((word) => data.words[word] ?? word), "or")), ": ",
    Object.entries(standings).map(([id, standing], index) => [index ? "; " : "", name(id), " ", badge(standing)]));
  const title = littleKnown(advice) ? "What to ask or test first" : "What to ask or test next";
  return h("section", { "data-section": "missing" }, h("h2", {}, title), h("ul", {}, missing.map((question) => h("li", { "data-question": question.question },
    h("strong", {}, question.asks), ` ${decidesWords(question, advice)}`,
    question.answers.length ? disclosure({ class: "more" }, "What each answer would settle", () => h("ul", {}, question.answers.map(answer))) : null))));
}

/** Whether nothing is offered and more than half of the regimens wait, so that questions come before options. */
function littleKnown({ options }) {
  const of = (word) => options.filter((option) => option.standing.startsWith(word)).length;
  return !of("offered") && 2 * of("undetermined") > options.length;
}

/** What the answer to a question decides; see `reports/deciding.py`. */
function decidesWords({ standards, options, evidence }, advice) {
  const { data } = advice.advisor;
  const named = (ids, whole) => (ids.length <= 3 ? listedWords(ids.map((id) => data.regimens[id].name), "or")
    : ids.length === whole ? `all ${whole} that wait` : `${ids.length} of ${whole}`);
  const waiting = advice.options.filter((option) => option.standing === "undetermined").length;
  const parts = [];
  if (standards.length === 1) parts.push(`whether this is the standard: ${data.rules[standards[0]].subject}`);
  else if (standards.length) parts.push("what the standard is");
  if (options.length) parts.push(`whether ${named(options, waiting)} ${options.length <= 3 ? "is" : "are"} offered`);
  if (evidence.length) parts.push(`the evidence for ${named(evidence, evidence.length)}`);
  return parts.length ? `Decides ${parts.join("; ")}.` : "Can only bring a caution.";
}
