"use strict";
// The forest plot, the guideline map with the patient's path, and two patients side by side.

// On a phone the numbers are a line of their own, so that its letters stay as large as those around them.
const PLOTS = {
  wide: { width: 600, left: 20, right: 330, numbers: 352, heading: 62, arms: 72, line: 18 },
  narrow: { width: 340, left: 10, right: 330, numbers: null, heading: 34, arms: 42, line: 18 },
};

/** Hazard ratios behind the options, in the order of the options and their studies; never sorted, never pooled. */
function forestView(advice) {
  const { data } = advice.advisor, shown = shownOptions(advice);
  const waiting = (id) => !shown.some((option) => option.standing !== "undetermined" && option.studies.includes(id));
  const rows = uniqueOf(shown.flatMap((option) => option.studies)).flatMap((id) => data.studies[id].rows.map((row) => ({ ...row, waits: waiting(id) })));
  const left = advice.options.filter((option) => option.standing === "excluded").map((option) => option.name);
  const leftOut = left.length ? h("p", { class: "quiet" }, say("page_pictures.excluded", { options: joinedLists(left) })) : null;
  const drawn = rows.filter((row) => row.interval), listed = rows.filter((row) => !row.interval);
  if (!rows.length) return [h("h2", {}, say("page_view.forest")), h("p", {}, say("page_pictures.no_hazard_ratio")), leftOut];
  const words = rows.map((row) => {
    const study = row.waits ? say("page_pictures.waits_aside", { study: row.heading }) : row.heading;
    return say(row.interval ? "forest.described" : "forest.described_without_interval", { row: say("forest.row", { study, arms: row.arms, effect: row.effect }) });
  }).join(" ");
  return [
    h("h2", {}, say("page_view.forest")),
    h("p", {}, say("page_pictures.rows"), " ", rows.some((row) => row.waits) ? say("page_pictures.squares") : say("page_pictures.only_offered")),
    drawn.length ? h("figure", {}, plot(drawn, words), h("figcaption", {}, say("forest.warning"))) : h("p", {}, say("forest.warning")),
    listed.length ? [h("h3", {}, say("page_pictures.not_drawn")), h("ul", {}, listed.map((row) => h("li", {}, h("strong", {}, row.heading), ` ${say("page_pictures.arms_and_effect", { arms: row.arms, effect: row.effect })}`)))] : null,
    leftOut,
  ];
}

function plot(rows, description) {
  const { width, left, right, numbers, heading, arms, line: step } = PLOTS[isNarrow() ? "narrow" : "wide"];
  const ends = rows.flatMap((row) => row.interval.slice(0, 2));
  const low = Math.log(Math.min(...ends, 0.5) / 1.05), high = Math.log(Math.max(Math.max(...ends, 1) * 1.1, 1.5));
  const x = (ratio) => left + (Math.log(ratio) - low) / (high - low) * (right - left);
  const parts = [];
  const text = (edge, y, words, more = {}) => parts.push(h("svg:text", { x: edge, y, ...more }, words));
  const line = (x1, y1, x2, y2, more = {}) => parts.push(h("svg:line", { x1, y1, x2, y2, stroke: "currentColor", ...more }));
  const wrapped = (words, width) => words.match(new RegExp(`.{1,${width}}(?:\\s|$)`, "g")) ?? [words];
  let y = 4;
  for (const row of rows) {
    for (const words of wrapped(row.waits ? say("page_pictures.waits", { study: row.heading }) : row.heading, heading)) text(8, (y += step), words.trim(), { "font-weight": "bold" });
    for (const words of wrapped(row.arms, arms)) text(8, (y += step), words.trim());
    const [lowest, highest, level] = row.interval, printed = say("figure.with_details", { figure: row.printed, details: say("figure.interval", { level, low: lowest, high: highest }) });
    if (numbers === null) text(8, (y += step), printed);
    const middle = (y += step + 4) - 5;
    line(x(1), middle - 12, x(1), middle + 12, { "stroke-dasharray": "3 3" });
    line(x(lowest), middle, x(highest), middle, { "stroke-width": 2 });
    for (const end of [lowest, highest]) line(x(end), middle - 5, x(end), middle + 5, { "stroke-width": 2 });
    parts.push(h("svg:rect", { x: x(row.ratio) - 5, y: middle - 5, width: 10, height: 10, class: row.waits ? "point waits" : "point" }));
    if (numbers !== null) text(numbers, y, printed);
    y += 14;
  }
  line(8, (y += 6), right, y);
  for (const tick of [0.25, 0.5, 0.75, 1, 1.5, 2]) {
    if (Math.log(tick) < low || Math.log(tick) > high) continue;
    line(x(tick), y, x(tick), y + 5);
    text(x(tick), y + 20, String(tick), { "text-anchor": "middle", "font-size": 13 });
  }
  text(8, y + 38, say("forest.first_better"), { "font-size": 13 });
  text(right, y + 38, say("forest.second_better"), { "text-anchor": "end", "font-size": 13 });
  text(numbers ?? 8, numbers === null ? (y += 20) + 36 : y + 20, say("forest.axis"), { "font-size": 13 });
  const names = [h("svg:title", { id: "forest-title" }, say("forest.title")), h("svg:desc", { id: "forest-words" }, description)];
  return h("svg:svg", { viewBox: `0 0 ${width} ${y + 50}`, role: "img", "aria-labelledby": "forest-title forest-words", fill: "currentColor", "font-size": 14, "font-family": "inherit" }, names, parts);
}

// The guideline map ---------------------------------------------------------------------------------------------------

const PATH_CLASSES = { [TRUE]: "taken", [FALSE]: "not-taken", [UNKNOWN]: "open" };
const PATHS = { [TRUE]: "taken", [FALSE]: "not taken", [UNKNOWN]: "open" }; // as the catalogue has them

/** One clinical setting as a tree: what is asked, then what a rule does; the patient's path in words and lines. */
function mapView(advice, title, choose) {
  const { data, engine } = advice.advisor;
  const titles = Object.keys(data.settings);
  const rules = Object.values(data.rules).filter((rule) => rule.setting === title);
  const branches = rules.map((rule) => ({ rule, parts: partsOf(engine.own[rule.id]) }));
  const select = h("select", { id: "setting", onchange: (event) => choose(event.target.value) },
    titles.map((setting) => h("option", { value: setting, selected: setting === title }, say("page_pictures.setting", { disease: data.settings[setting].toUpperCase(), setting }))));
  return [
    h("h2", {}, say("page_pictures.map")),
    h("p", { class: "bar" }, h("label", { for: "setting" }, say("page_pictures.clinical_setting")), select),
    h("p", { class: "quiet" }, say("page_pictures.map_legend")),
    h("ul", { class: "map root" }, mapNodes(branches, TRUE, advice)),
  ];
}

/** The setting whose rules have most to say of this patient. */
function settingOf(advice) {
  const first = advice.options.find((option) => option.setting.length);
  return first?.setting[0] ?? Object.keys(advice.advisor.data.settings)[0];
}

const conjunctionOf = (truths) => (truths.includes(FALSE) ? FALSE : truths.includes(UNKNOWN) ? UNKNOWN : TRUE);
const partsOf = (node) => (node.kind === "all" ? node.parts.flatMap(partsOf) : [node]);

function mapNodes(branches, above, advice) {
  const { judge } = advice.advisor, ended = branches.filter((branch) => !branch.parts.length);
  const nodes = ended.map(({ rule }) => mapEffect(rule, above, advice));
  let left = branches.filter((branch) => branch.parts.length);
  const has = (branch, part) => branch.parts.some((test) => test.says === part.says);
  while (left.length) {
    const counts = new Map();
    for (const { parts } of left) for (const part of parts) counts.set(part.says, (counts.get(part.says) ?? 0) + 1);
    const first = left.flatMap((branch) => branch.parts).reduce((best, part) => (counts.get(part.says) > counts.get(best.says) ? part : best));
    const inside = left.filter((branch) => has(branch, first));
    left = left.filter((branch) => !has(branch, first));
    const shared = inside[0].parts.filter((part) => inside.every((branch) => has(branch, part)));
    const rest = inside.map(({ rule, parts }) => ({ rule, parts: parts.filter((part) => !shared.some((test) => test.says === part.says)) }));
    const truth = conjunctionOf([above, ...shared.map(judge)]);
    const asked = shared.map((part) => h("span", {}, stateMark(judge(part)), part.says));
    nodes.push(h("li", { class: PATH_CLASSES[truth] }, asked.map((test, index) => [index ? h("br") : null, test]), h("ul", { class: "map" }, mapNodes(rest, truth, advice))));
  }
  return nodes;
}

function mapEffect(rule, above, advice) {
  const { data, engine, judge } = advice.advisor;
  const exclusions = rule.effect === "offer" ? data.regimens[rule.subject].exclusions : [];
  const against = [...rule.overridden_by, ...exclusions].map((id) => ({ id, truth: judge(engine.own[id]) }));
  const truth = conjunctionOf([above, ...against.map(({ truth }) => OPPOSITE[truth])]);
  const unless = against.map(({ id, truth }) => h("p", { class: "quiet" }, say("page_pictures.unless", { sentence: data.rules[id].says, state: stateWords(truth) })));
  return h("li", { class: PATH_CLASSES[truth] }, h("div", { class: "effect" }, tipped({ class: "path" }, say("page_pictures.path", { path: say(`path.${PATHS[truth]}`) }).trimEnd(), say(`path_meaning.${PATHS[truth]}`)), " ", rule.does, " ", cite(rule.source), unless));
}

// Two patients --------------------------------------------------------------------------------------------------------

/** What two patients are called side by side: by their names, where they have two. */
function pairNames(kept, now) {
  const name = (profile) => profile.summary ?? profile.id, names = [name(kept), name(now)];
  if (names[0] && names[1] && names[0] !== names[1]) return names;
  return [names[0] ? say("page_compare.kept_named", { patient: names[0] }) : say("page_compare.kept"), names[0] ? say("page_compare.now") : names[1] ?? say("page_compare.patient_now")];
}

/** Two patients side by side: the facts in which they differ, and the standing of every regimen in each, with its rule. */
function compareView(before, after, names) {
  const { data, engine } = after.advisor;
  const facts = Object.values(engine.facts).filter((fact) => !sameValue(before.patient.facts[fact.name], after.patient.facts[fact.name]));
  const words = (advice, fact) => valueWords(fact, advice.patient.facts[fact.name], data);
  const written = facts.filter(({ name }) => data.keys.includes(name)), derived = facts.filter((fact) => !written.includes(fact));
  const treated = [before, after].map(({ patient }) => treatmentsWords(patient, engine) || say("value.unknown"));
  const factRows = (chosen) => chosen.map((fact) => [fact.label, words(before, fact), words(after, fact)]);
  const inWords = [...factRows(written), ...(treated[0] === treated[1] ? [] : [[say("question.history"), ...treated]])];
  const standing = (advice, id) => advice.options.find((option) => option.regimen === id)?.standing;
  const ids = uniqueOf([...after.options, ...before.options].map((option) => option.regimen));
  const apart = ids.filter((id) => standing(before, id) !== standing(after, id)), equal = ids.filter((id) => !apart.includes(id));
  const cell = (value) => h("td", {}, value ? badge(value) : say("page_changes.another_disease"));
  const changes = changesBetween(before, after), link = (id) => (standing(after, id) ? h("button", { type: "button", class: "link", onclick: () => page.toOption(id) }, data.regimens[id].name) : data.regimens[id].name);
  const ruleLine = (id) => (changes.get(id)?.rules ?? []).slice(0, 1).map((rule) => h("p", { class: "by", "data-rule": rule }, sayWith("page_changes.rule", { rule: h("code", {}, rule), sentence: ruleWords(rule, after.advisor, say("page_compare.only_first")) })));
  const rows = (chosen) => chosen.map((id) => h("tr", { class: apart.includes(id) ? "differs" : "", "data-regimen": id }, h("th", { scope: "row" }, link(id), ruleLine(id)), cell(standing(before, id)), cell(standing(after, id))));
  const table = (caption, head, body) => h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h("table", { class: "compare" }, h("caption", {}, caption), h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, body)));
  const factTable = (caption, listed) => table(caption, [say("page_compare.fact"), ...names], listed.map(([label, ...pair]) => h("tr", {}, h("th", { scope: "row" }, label), pair.map((value) => h("td", {}, value)))));
  return [
    h("h2", {}, say("page_compare.title")),
    facts.length ? factTable(say("page_compare.facts"), inWords) : h("p", {}, say("page_compare.no_difference")),
    derived.length ? h("details", {}, h("summary", {}, say("page_compare.follows", { count: derived.length })), factTable(say("page_compare.follows", { count: derived.length }), factRows(derived))) : null,
    table(say("page_compare.different", { number: apart.length, all: ids.length }), [say("advice.regimen"), ...names], rows(apart)),
    equal.length ? h("details", {}, h("summary", {}, say("page_compare.same_in_both", { count: equal.length })), table(say("page_compare.same"), [say("advice.regimen"), ...names], rows(equal))) : null,
  ];
}
