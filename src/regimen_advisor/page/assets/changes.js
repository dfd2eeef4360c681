"use strict";
// What an edit changed: which options, and by which rule.

const isHidden = (standing) => standing === undefined || standing === "not-indicated";

/** For each regimen that changed: {words, was, now, rules}. The rules are those whose truth changed and that decide. */
function changesBetween(earlier, advice) {
  const before = new Map(earlier.options.map((option) => [option.regimen, option.standing])), changes = new Map();
  const now = new Map(advice.options.map((option) => [option.regimen, option.standing]));
  for (const regimen of new Set([...now.keys(), ...before.keys()])) {
    const was = before.get(regimen), standing = now.get(regimen);
    if (was === standing || (isHidden(was) && isHidden(standing))) continue;
    const words = isHidden(was) ? say("page_changes.appeared") : isHidden(standing) ? say("page_changes.gone") : say("page_changes.was", { standing: standingWords(was) });
    changes.set(regimen, { words, was, now: standing, rules: rulesBehind(regimen, was, standing, earlier, advice) });
  }
  return changes;
}

/** The rules of a regimen whose truth differs, of the kind that tells the two standings apart. */
function rulesBehind(regimen, was, now, earlier, advice) {
  const { offers, exclusions, cautions } = advice.advisor.data.regimens[regimen];
  const differ = (ids) => ids.filter((id) => earlier.advisor.truths[id] !== advice.advisor.truths[id]);
  const isOffered = (standing) => standing?.startsWith("offered");
  const kinds = isOffered(was) && isOffered(now) ? [cautions, exclusions, offers]
    : was === "excluded" || now === "excluded" ? [exclusions, offers, cautions] : [offers, exclusions, cautions];
  const found = kinds.map(differ).find((ids) => ids.length) ?? [];
  const deciding = found.filter((id) => advice.advisor.truths[id] === TRUE); // what speaks now before what has fallen silent
  return deciding.length ? deciding : found;
}

const ruleWords = (id, advisor, gone = say("page_changes.no_longer")) => {
  const truth = advisor.truths[id], { signed } = advisor.data.rules[id], lead = truth === TRUE ? "" : truth === FALSE ? gone : say("page_changes.open");
  return [lead, advisor.sentence(id, truth === UNKNOWN), " ", signed === "[]" ? null : rich(signed)];
};

/** One change: the option, its standings, and the rule. */
function changeItem(regimen, { was, now, rules }, advice) {
  const { data } = advice.advisor, gone = now === undefined;
  return h("li", {}, gone ? h("strong", {}, data.regimens[regimen].name) : h("button", { type: "button", class: "link", onclick: () => page.toOption(regimen) }, data.regimens[regimen].name),
    ": ", was === undefined ? "" : [badge(was), " → "], gone ? say("page_changes.another_disease") : badge(now),
    (gone || was === undefined ? [] : rules.slice(0, 1)).map((id) => h("p", { class: "by", "data-rule": id }, sayWith("page_changes.rule", { rule: h("code", {}, id), sentence: ruleWords(id, advice.advisor) }))));
}

/** The facts that an edit changed, each from what to what; the others follow from them. */
function editedFacts(edited, earlier, advice) {
  const { engine, data } = advice.advisor;
  return edited.map((key) => {
    const fact = engine.facts[key];
    if (!fact) return key === "history" ? say("page_changes.history") : key;
    const words = (answer) => valueWords(fact, answer.patient.facts[key], data);
    return say("page_changes.fact", { fact: fact.label, before: words(earlier), after: words(advice) });
  });
}

/** The bar that stays in sight: what changed, by which rule, with a way to each card. */
function changedView(earlier, advice, changes, edited, cleared, dismiss) {
  const facts = listedWords(editedFacts(edited, earlier, advice)) || say("page_changes.last_edit"), listed = [...changes];
  const items = listed.map(([id, change]) => changeItem(id, change, advice)), [first, ...rest] = items;
  return [
    h("div", { class: "head" }, h("h2", {}, say("page_changes.title", { facts })), h("button", { type: "button", class: "quiet-button", id: "changed-close", "aria-label": say("page_changes.close"), onclick: dismiss }, "×")),
    cleared.length ? h("p", { class: "cleared" }, say("page_changes.cleared", { facts: listedWords(cleared) })) : null,
    first ? h("ul", {}, first) : h("p", {}, say("page_changes.nothing")),
    rest.length ? h("details", { open: rest.length < 3 && !isNarrow() }, h("summary", {}, say("page_changes.more_changed", { count: rest.length })), h("ul", {}, rest)) : null,
  ];
}

/** The same in words, for those who hear it. */
function changedWords(earlier, advice, changes, edited, cleared) {
  const { data } = advice.advisor, facts = listedWords(editedFacts(edited, earlier, advice)) || say("page_changes.last_edit");
  const standings = [...changes].map(([id, { now }]) => (now === undefined ? say("page_changes.gone_with_disease", { option: data.regimens[id].name }) : say("page_changes.is_now", { option: data.regimens[id].name, standing: standingWords(now) })));
  const listed = standings.length > 4 ? [...standings.slice(0, 3), say("advice.and_more", { count: standings.length - 3 })] : standings;
  const lost = cleared.length ? ` ${say("page_changes.cleared", { facts: listedWords(cleared) })}` : "";
  const heard = listed.length ? say("page_changes.heard", { facts, options: joinedLists(listed) }) : say("page_changes.nothing_heard", { facts });
  return `${heard}${lost}`;
}

const narrowScreen = () => window.matchMedia("(max-width: 52rem)");
const isNarrow = () => narrowScreen().matches;
