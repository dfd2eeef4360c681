"use strict";
// A history of treatment, and the facts that a complete one settles.

const ENDED = ["progressed", "relapsed"]; // the outcomes that open the next line; a line with both has the first
const isOnly = (entry, outcome) => entry.outcomes.length === 1 && entry.outcomes[0] === outcome;
const hasEnded = (entry) => entry.outcomes.every((outcome) => ENDED.includes(outcome));

const isTimed = ({ months }) => months.low === months.high;
const twinOf = (entry, entries) => entries.find((twin) => entry.line && twin.line === entry.line && twin.maintenance !== entry.maintenance);

/** The entries, those with months to a progression or relapse as ended by one: by their own, or their line's. */
function settledTimed(entries) {
  const found = entries.map((entry) => ({ ...entry })), ends = (entry) => entry.outcomes.filter((outcome) => ENDED.includes(outcome));
  for (const entry of found) {
    const twin = twinOf(entry, found) ?? entry;
    if (!isTimed(entry) || hasEnded(twin)) continue;
    const ended = ends(twin).length && !ends(entry).length ? twin : entry;
    ended.outcomes = ends(ended);
  }
  return found;
}

/** The entries without the outcomes that the induction and the maintenance of one line rule out for each other. */
function settledOutcomes(given) {
  const entries = settledTimed(given);
  return entries.map((entry) => {
    const twin = twinOf(entry, entries);
    const impossible = twin && entry.maintenance && hasEnded(twin) ? ["ongoing"] : twin && !entry.maintenance && isOnly(twin, "ongoing") ? ENDED : [];
    return { ...entry, outcomes: entry.outcomes.filter((outcome) => !impossible.includes(outcome)) };
  });
}

/** The drugs of the entries that pass (1 surely, 0 perhaps, -1 not): the union of the sure, and of all that may. */
function unionOf(passing, empty) {
  const sure = passing.filter(([, passes]) => passes > 0), possible = passing.filter(([, passes]) => passes >= 0);
  if (!possible.length) return empty;
  const must = sure.reduce((sum, [entry]) => sum | entry.drugs.must, 0n);
  const may = possible.reduce((sum, [entry]) => sum | entry.drugs.may, 0n);
  return { must, may: sure.length ? may : may | empty.may };
}

/** How an entry fares in the tests of a fact over the history: 1 passes, 0 may pass, -1 does not. */
function entryTests(lines) {
  const sign = (holds) => (holds ? 1 : -1);
  const ended = (end) => (entry) => {
    const course = entry.line ? lines[entry.line - 1] : [entry];
    if (course.some((entry) => isOnly(entry, end))) return 1;
    return course.some((entry) => entry.outcomes.includes(end)) ? 0 : -1;
  };
  const tests = {
    ...Object.fromEntries(ENDED.map((end) => [end, ended(end)])),
    curative: (entry) => sign(!entry.line),
    numbered: (entry) => sign(entry.line),
    "first line": (entry) => sign(entry.line === 1),
    "later line": (entry) => sign(entry.line > 1),
    "latest line": (entry) => sign(entry.line && entry.line === lines.length),
    induction: (entry) => sign(!entry.maintenance),
  };
  return (entry, over) => over.reduce((least, test) => {
    if (!tests[test]) throw new RangeError(test);
    return Math.min(least, tests[test](entry));
  }, 1);
}

/** The months from the latest platinum to the progression or relapse; from the least to the most where that is open. */
function platinumFree(entries, lines, { facts: { received } }) {
  const platinum = received.bit.get("platinum") ?? 0n;
  let low = Infinity, high = -1, absent = false, sure = false;
  for (const entry of [...entries].reverse()) {
    if (!(entry.drugs.may & platinum)) continue;
    const course = entry.line ? lines[entry.line - 1] : [entry];
    if (course.some((entry) => entry.outcomes.some((outcome) => ENDED.includes(outcome)))) {
      low = Math.min(low, entry.months.low);
      high = Math.max(high, entry.months.high);
    }
    if (!course.some(hasEnded)) absent = true;
    if ((sure = Boolean(entry.drugs.must & platinum))) break;
  }
  return low <= high ? { low, high, absent: absent || !sure } : { low: 0, high: -1, absent: true };
}

/** What each fact read from a history can still be, as [fact, value] pairs. */
function derivedFacts(entries, engine) {
  const lines = [];
  for (const entry of entries) if (entry.line) (lines[entry.line - 1] ??= []).push(entry);
  const passes = entryTests(lines);
  const found = [["prior_lines", { low: lines.length, high: lines.length, absent: false }]];
  for (const fact of Object.values(engine.facts)) {
    if (!fact.over) continue;
    const empty = { must: fact.emptyBit, may: fact.emptyBit };
    found.push([fact.name, unionOf(entries.map((entry) => [entry, passes(entry, fact.over)]), empty)]);
  }
  if (engine.facts.platinum_free_interval) found.push(["platinum_free_interval", platinumFree(entries, lines, engine)]);
  const yesNo = (words) => ({ can: engine.facts.on_maintenance.mask(words) });
  if (!lines.length) return [...found, ["on_maintenance", yesNo(["false"])]];
  const latest = lines.at(-1);
  const induction = latest.find((entry) => !entry.maintenance), upkeep = latest.find((entry) => entry.maintenance);
  const outcomes = !upkeep ? induction.outcomes
    : induction.outcomes.flatMap((before) => upkeep.outcomes.map((during) => ENDED.find((end) => end === before || end === during) ?? before));
  const maintained = !upkeep?.outcomes.includes("ongoing") ? ["false"] : isOnly(upkeep, "ongoing") ? ["true"] : ["true", "false"];
  return [
    ...found,
    ["last_outcome", { can: engine.facts.last_outcome.mask(outcomes) }],
    ["last_cycles", induction.cycles],
    ["on_maintenance", yesNo(maintained)],
  ];
}
