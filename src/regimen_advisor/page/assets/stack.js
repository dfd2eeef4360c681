"use strict";
// What a stack of rules adds to an answer, apart from its options: where the sources differ, and what packs changed.
// The same two answers as `differing.py` and `replaced.py`; a test holds them to each other.

const shownOf = (options) => options.filter((option) => option.standing !== "not-indicated");

/** The differences between sources that bear on what an answer shows: one of the reports is shown, or both rules would hold. */
function differencesShown({ options }, engine, judge) {
  const holding = new Set(options.flatMap((option) => [...option.rules,
    ...option.reasons.filter(({ state }) => state === "met").map(({ rule }) => rule)]));
  const shown = new Set(shownOf(options).flatMap((option) => option.studies));
  return engine.data.differences.filter(({ rules, studies, overridden }) => studies.some((study) => shown.has(study))
    || (rules.some((rule) => holding.has(rule))
      && rules.every((rule) => holding.has(rule) || (overridden.includes(rule) && judge(engine.own[rule]) === TRUE))));
}

/** The changes of packs that bear on an answer: by what it shows, or by a rule that would speak of this patient. */
function changesShown({ options, standards, notes, silent, trials }, engine, judge) {
  const shown = shownOf(options), regimens = new Set(shown.map((option) => option.regimen));
  const rules = new Set([...standards, ...notes, ...silent, ...trials].map(({ rule }) => rule));
  for (const option of shown) {
    for (const rule of [...option.rules, ...[...option.cautions, ...option.reasons].map((held) => held.rule)]) rules.add(rule);
  }
  const speaks = ({ regimens: about, node }) => (about === null || about.some((id) => regimens.has(id))) && judge(node) !== FALSE;
  return engine.changes.filter((change) => change.rules.some((rule) => rules.has(rule))
    || change.regimens.some((id) => regimens.has(id)) || change.withdrawn.some(speaks));
}

/** Both, as the summary of an answer shows them. */
function stackView({ differences, changes }) {
  const list = (name, title, entries) => (entries.length
    ? h("section", { "data-section": name }, h("h2", {}, title), h("ul", {}, entries.map((words) => h("li", {}, rich(words))))) : null);
  return [
    list("differ", say("advice.differ"), differences.map((difference) => say("explain.difference", { subject: difference.subject, sentence: difference.says }))),
    list("changed-by-pack", say("advice.changed"), changes.map((change) => change.says)),
  ];
}
