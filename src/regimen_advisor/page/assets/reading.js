"use strict";
// From a profile to what is known: for every fact, what it can still be. The same reading as on the command line.

/** What is wrong with a profile: problems [{path, message, help}]. */
class Refusal extends Error {
  constructor(problems) {
    super(problems.map((problem) => problem.message).join("\n"));
    this.problems = problems;
  }
}

const isMapping = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isUnknown = (value) => value === undefined || value === null || value === "unknown";
const shownValue = (value) => {
  if (value === undefined || value === null) return say("type.nothing");
  if (Array.isArray(value)) return say("type.list");
  if (isMapping(value)) return say("type.mapping");
  const text = String(value);
  return `\`${text.length > 60 ? `${text.slice(0, 57)}...` : text}\``;
};
function listedWords(words, last = "and") {
  if (words.length < 2) return words.join("");
  const first = words.slice(0, -1), marks = [say("between.items"), say(`list.${last}`, { first: "", last: "" })];
  const isOfLists = words.some((item) => marks.some((mark) => item.includes(mark)));
  return say(isOfLists ? `list.${last}_of_lists` : `list.${last}`, { first: isOfLists ? joinedLists(first) : joined(first), last: words.at(-1) });
}

const BOUND_WORDS = ["at_least", "at_most", "below", "above"];
const ENTRY_KEYS = ["line", "drugs", "outcome", "cycles", "relapse_after", "setting"];
const SPACES_AND_HYPHENS = /[\s_\-\u2010-\u2015\u2212]+/gu;
const foldedWord = (word) => word.normalize("NFKC").toLowerCase().replaceAll("ß", "ss").replace(SPACES_AND_HYPHENS, "");

/** How many characters two words share in blocks, each the longest that is left (as Python's difflib counts them). */
function sharedCharacters(a, b) {
  let [longest, startA, startB, before] = [0, 0, 0, []];
  a.forEach((character, i) => {
    const row = [];
    b.forEach((letter, j) => {
      if (character !== letter) return;
      row[j] = (before[j - 1] ?? 0) + 1;
      if (row[j] > longest) [longest, startA, startB] = [row[j], i - row[j] + 1, j - row[j] + 1];
    });
    before = row;
  });
  if (!longest) return 0;
  return longest + sharedCharacters(a.slice(0, startA), b.slice(0, startB)) +
    sharedCharacters(a.slice(startA + longest), b.slice(startB + longest));
}

const LONGEST_WORD = 100;

/** The nearest known word, as "did you mean ...?", or null where nothing is near; the rule of the command line. */
function didYouMean(word, known) {
  const folded = (text) => String(text).toLowerCase().replaceAll("ß", "ss");
  const candidates = new Map(Array.from(known, (name) => [folded(name), name]));
  const wanted = folded(word), letters = [...wanted];
  let best = candidates.has(wanted) ? wanted : null, nearest = 0.6;
  if (best === null && letters.length > 2 && letters.length <= LONGEST_WORD) {
    for (const candidate of candidates.keys()) {
      const characters = [...candidate];
      const ratio = (2 * sharedCharacters(characters, letters)) / (characters.length + letters.length);
      if (ratio > nearest || (ratio === nearest && (best === null || candidate > best))) [best, nearest] = [candidate, ratio];
    }
  }
  return best === null ? null : say("broken.did_you_mean", { word: candidates.get(best) });
}

/** What was expected of the value of a key, and what was found. */
const expectedThere = (key, expected, found) => say("broken.expected_there", { key, expected, found: shownValue(found) });

/** What a profile says of a patient: {facts, history, given, notes}. Throws Refusal with every problem at once. */
function readProfile(profile, engine) {
  return new ProfileReader(profile, engine).patient();
}

class ProfileReader {
  constructor(profile, engine) {
    this.profile = profile;
    this.engine = engine;
    this.problems = [];
    this.notes = [];
  }

  patient() {
    const { profile, engine } = this;
    if (!isMapping(profile)) throw new Refusal([{ path: [], message: say("page_profile.no_profile", { found: shownValue(profile) }) }]);
    if (!Object.keys(profile).length) throw new Refusal([{ path: [], message: say("page_profile.no_key") }]);
    for (const key of Object.keys(profile)) {
      if (!engine.data.keys.includes(key)) {
        this.#refuse([key], say("broken.unknown_key", { key }), didYouMean(key, engine.data.keys));
      }
    }
    for (const key of ["id", "summary"]) {
      if (!isUnknown(profile[key]) && typeof profile[key] !== "string") this.#refuse([key], say("page_profile.no_text", { key }));
    }
    const given = {};
    for (const fact of Object.values(engine.facts)) {
      if (fact.key !== fact.name || isUnknown(profile[fact.name])) continue;
      const value = this.#value(fact, profile[fact.name]);
      if (value) given[fact.name] = [[fact.name, value]];
    }
    const entries = this.#entries();
    if (this.problems.length) throw new Refusal(this.problems);
    if (entries) given.history = derivedFacts(entries, engine);
    const facts = this.#narrowed(given);
    this.#remark(facts);
    return { facts, history: entries, given, notes: this.notes };
  }

  /** `more.form` is the message in the words of the form. */
  #refuse(path, message, help = null, more = {}) {
    this.problems.push({ path, message, help, ...more });
    return null;
  }

  #value(fact, written) {
    if (fact.kind === "number") return this.#number(fact, written);
    if (fact.kind === "set") return this.#set(fact, written);
    const yesNo = fact.domain.includes("true"), presence = fact.domain.includes("false");
    const words = fact.name === "last_outcome" ? OUTCOMES : [...fact.domain, ...Object.keys(fact.groups)];
    const word = presence && typeof written === "boolean" ? String(written) : written;
    if (typeof word !== "string" || !words.includes(word) || (presence && ["true", "false"].includes(written))) {
      const expected = listedWords([...(yesNo ? ["true", "false"] : words), "unknown"], "or");
      return this.#refuse([fact.name], expectedThere(fact.name, expected, written), didYouMean(written, words));
    }
    return { can: fact.mask(fact.groups[word] ?? [word]) };
  }

  #number(fact, written) {
    const value = fact.name === "pd_l1_tps" && typeof written === "string" ? percentWords(written) : written;
    const found = shownValue(written), { low: least, high: greatest } = fact;
    const message = () => fact.name === "pd_l1_tps" ? say("broken.at_key", { key: fact.name, message: say("profile_error.percentage", { found }) })
      : say("page_profile.number", { key: fact.name, least, most: greatest, found });
    const ranges = fact.name === "pd_l1_tps" ? "<1, 1-49 or ≥50" : "≤2";
    const refuse = () => this.#refuse([fact.name], message(), null,
      { form: say("page_profile.number_in_form", { least, most: greatest, ranges, found }) });
    const bounds = isMapping(value) ? value : { at_least: value, at_most: value };
    let { low, high } = fact, bounded = false;
    for (const [word, number] of Object.entries(bounds)) {
      if (isMapping(value) && number === null && BOUND_WORDS.includes(word)) {
        bounded = true;
        continue;
      }
      if (!BOUND_WORDS.includes(word) || !Number.isInteger(number) || number < fact.low || number > fact.high) return refuse();
      bounded = true;
      if (word === "at_least" || word === "above") low = Math.max(low, number + (word === "above" ? 1 : 0));
      else high = Math.min(high, number - (word === "below" ? 1 : 0));
    }
    if (!bounded) return refuse();
    if (low > high) {
      return this.#refuse([fact.name], say("page_profile.empty_range", { key: fact.name, least, most: greatest }));
    }
    return { low, high, absent: false };
  }

  #set(fact, written) {
    const whole = fact.unknown.may, empty = fact.emptyBit;
    const refuse = (word) => this.#refuse([fact.name],
      say("page_profile.set", { key: fact.name, empty: fact.empty, members: listedWords(fact.members, "or"), found: shownValue(word) }),
      didYouMean(word, [fact.empty, ...fact.members]));
    if (written === fact.empty || (Array.isArray(written) && !written.length)) return { must: empty, may: empty };
    if (written === "positive" && fact.name === "egfr") return { must: 0n, may: whole & ~empty };
    const lists = Array.isArray(written) ? { found: written } : written;
    if (!isMapping(lists)) return refuse(written);
    for (const [word, list] of Object.entries(lists)) {
      if ((word !== "found" && word !== "not_found") || !Array.isArray(list)) return refuse(isMapping(written) ? word : written);
      const wrong = list.find((member) => !fact.members.includes(member));
      if (wrong !== undefined) return refuse(wrong);
    }
    const found = fact.mask(lists.found ?? []), absent = fact.mask(lists.not_found ?? []);
    if (Array.isArray(written)) return { must: found, may: found };
    if (found & absent) return this.#refuse([fact.name], say("page_profile.found_and_not", { key: fact.name }));
    return { must: found, may: whole & ~absent };
  }

  // History -----------------------------------------------------------------------------------------------------------

  #entries() {
    const written = this.profile.history;
    if (!isUnknown(written) && !Array.isArray(written)) {
      return this.#refuse(["history"], say("page_profile.no_history", { found: shownValue(written) }));
    }
    if (!Array.isArray(written)) return null;
    const entries = written.map((entry, position) => this.#entry(entry, position));
    if (entries.includes(null)) return null;
    const limit = this.engine.data.most;
    if (entries.filter((entry) => entry.line === null).length > limit.curative) {
      return this.#refuse(["history"], say("page_profile.many_curative", { most: limit.curative }));
    }
    entries.sort((left, right) => (left.line ?? 0) - (right.line ?? 0) || left.maintenance - right.maintenance
      || left.position - right.position);
    this.#checkMonths(entries);
    this.#checkLines(this.problems.length ? entries : settledTimed(entries));
    return settledOutcomes(entries);
  }

  #entry(written, position) {
    const problems = this.problems.length, pathOf = (key) => ["history", position, key];
    const received = this.engine.facts.received, limit = this.engine.data.most;
    const expected = (key, words, found) => this.#refuse(pathOf(key), expectedThere(key, words, found));
    if (!isMapping(written)) return this.#refuse(["history", position], say("page_profile.no_treatment", { found: shownValue(written) }));
    for (const key of Object.keys(written)) {
      if (!ENTRY_KEYS.includes(key)) this.#refuse(pathOf(key), say("broken.unknown_key", { key }), didYouMean(key, ENTRY_KEYS));
    }
    const { line = null, drugs = "unknown", outcome = "unknown", cycles = null, relapse_after: months = null, setting = null } = written;
    const whole = (number, low, high) => Number.isInteger(number) && number >= low && number <= high;
    if (setting !== null && setting !== "maintenance" && setting !== "curative") expected("setting", listedWords(["maintenance", "curative"], "or"), setting);
    if (setting === "curative" && line !== null) expected("line", say("page_profile.curative_without_line"), line);
    else if (setting !== "curative" && !whole(line, 1, limit.lines)) expected("line", say("page_profile.line", { most: limit.lines }), line);
    if (outcome !== "unknown" && !OUTCOMES.includes(outcome)) expected("outcome", listedWords([...OUTCOMES, "unknown"], "or"), outcome);
    if (cycles !== null && !whole(cycles, 0, limit.cycles)) expected("cycles", say("page_profile.cycles", { most: limit.cycles }), cycles);
    if (months !== null && !whole(months, 0, limit.months)) expected("relapse_after", say("page_profile.months", { most: limit.months }), months);
    let value = { must: 0n, may: received.unknown.may & ~received.emptyBit };
    if (drugs !== "unknown" && (!Array.isArray(drugs) || !drugs.length)) {
      expected("drugs", say("page_profile.drugs"), drugs);
    } else if (drugs !== "unknown") value = this.#drugs(drugs, pathOf("drugs"));
    if (this.problems.length > problems) return null;
    const outcomes = outcome === "unknown" ? [...OUTCOMES] : [outcome];
    const [low, high] = cycles === null ? [0, limit.cycles] : [cycles, cycles];
    return { position, line, maintenance: setting === "maintenance", drugs: value, outcomes, cycles: { low, high, absent: false },
      months: { low: months ?? 0, high: months ?? limit.months, absent: false } };
  }

  #drugs(words, path) {
    const received = this.engine.facts.received, { classes, classes_of, words: ids } = this.engine.data.formulary;
    let must = 0n, may = 0n;
    words.forEach((word, index) => {
      const id = typeof word === "string" ? ids[foldedWord(word)] : undefined;
      if (id === undefined) {
        const folded = foldedWord(String(word));
        const several = this.engine.data.formulary.combinations.find((combination) => combination.words.includes(folded));
        const help = several ? say("page_profile.several_drugs", { drugs: joined(several.write) }) : didYouMean(word, this.engine.data.formulary.suggestions);
        this.#refuse([...path, index], say("profile_error.unknown_drug", { found: shownValue(word) }), help);
        return;
      }
      const maskOf = (drug) => received.mask([drug, ...classes_of[drug]]);
      must |= maskOf(id);
      may |= maskOf(id);
      for (const member of classes[id]?.members ?? []) may |= maskOf(member);
    });
    return this.engine.close(received, { must, may }) ?? { must, may };
  }

  /** Months to a progression or relapse need one; against the outcome of the entry they are remarked on. */
  #checkMonths(entries) {
    settledTimed(entries).forEach((timed, place) => {
      const entry = entries[place], { low: months } = entry.months;
      if (!isTimed(entry)) return;
      if (!timed.outcomes.length) {
        this.#refuse(["history", entry.position, "relapse_after"],
          say("profile_error.months_without_end", { found: shownValue(entry.outcomes[0]) }));
      }
      const course = courseOf(entry);
      if (isOnly(entry, "relapsed") && !months) {
        this.notes.push(say("profile_note.relapsed_at_once", { course }));
      }
      if (isOnly(entry, "progressed") && months > this.engine.data.soon) {
        this.notes.push(say("profile_note.progressed_late", { course, months }));
      }
    });
  }

  #checkLines(entries) {
    const inductions = entries.filter((entry) => entry.line && !entry.maintenance);
    const seen = new Map();
    const refuse = (entry, key, message) => this.#refuse(["history", entry.position, key], message);
    for (const entry of entries) {
      if (!entry.line) continue;
      const slot = `${entry.line} ${entry.maintenance}`, { line } = entry;
      if (seen.has(slot)) refuse(entry, "line", say(entry.maintenance ? "page_profile.maintenance_twice" : "page_profile.line_twice", { line }));
      else seen.set(slot, entry);
      if (entry.maintenance && !inductions.some((induction) => induction.line === entry.line)) {
        refuse(entry, "line", say("profile_error.maintenance_of_none", { line }));
      }
    }
    const lines = [...new Set(inductions.map((entry) => entry.line))].sort((left, right) => left - right);
    const gap = lines.findIndex((line, index) => line !== index + 1);
    if (gap >= 0) {
      const entry = inductions.find((induction) => induction.line === lines[gap]);
      refuse(entry, "line", say("profile_error.gap", { expected: gap + 1, line: lines[gap] }));
    }
    for (const entry of inductions) {
      const upkeep = seen.get(`${entry.line} true`), [outcome] = entry.outcomes;
      if (hasEnded(entry) && upkeep && isOnly(upkeep, "ongoing")) {
        refuse(upkeep, "outcome", say("profile_error.ongoing_maintenance", { line: entry.line, outcomes: listedWords([...entry.outcomes].sort(), "or") }));
      }
      const later = inductions.some((induction) => induction.line > entry.line) && !upkeep?.outcomes.some((outcome) => ENDED.includes(outcome));
      if (later && entry.outcomes.length === 1 && (outcome === "completed" || outcome === "ongoing")) {
        this.notes.push(say("profile_note.line_followed", { line: entry.line, outcome }));
      }
    }
  }

  // Contradictions ----------------------------------------------------------------------------------------------------

  #narrowed(given) {
    const tried = (keys) => this.engine.narrow(keys.flatMap((key) => given[key]));
    try {
      return tried(Object.keys(given));
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
      let keys = Object.keys(given), smallest = error;
      for (const key of [...keys]) { // keys that contradict each other, none of them to spare
        const rest = keys.filter((candidate) => candidate !== key);
        try {
          tried(rest);
        } catch (smaller) {
          [keys, smallest] = [rest, smaller];
        }
      }
      const label = this.engine.facts[smallest.fact].label;
      const reason = smallest.axiom ? smallest.axiom.says : say("profile_error.differ_on", { fact: label });
      const named = { keys: listedWords(keys.map((key) => `\`${key}\``)), reason: reason };
      const message = say(keys.length > 1 ? "profile_error.contradict" : "profile_error.contradicts_itself", named);
      throw new Refusal([{ path: [keys.at(-1)], keys, why: reason, message }]);
    }
  }

  #remark(facts) {
    const { disease } = this.engine.facts;
    if (facts.disease.can !== disease.mask(["sclc"])) return;
    const odd = this.engine.data.unusual_in_small_cell.filter((key) => !isUnknown(this.profile[key]));
    if (odd.length) this.notes.push(say("profile_note.unusual", { results: listedWords(odd.map((key) => this.engine.facts[key].label)) }));
  }
}

/** What a sentence calls the treatment of an entry. */
function courseOf({ line, maintenance }) {
  const course = line === null ? say("ask.curative_course") : say("ask.line_course", { line });
  return maintenance ? say("ask.maintenance_course", { course }) : course;
}

/** `<1`, `1-49` and `>=50`, as pathology reports write them, as ranges; anything else as it was. */
function percentWords(value) {
  const text = value.replaceAll("%", "").replaceAll(" ", "").replaceAll("≥", ">=").replaceAll("≤", "<=").replaceAll("–", "-");
  const range = /^(\d{1,3})-(\d{1,3})$/.exec(text);
  if (range) return { at_least: Number(range[1]), at_most: Number(range[2]) };
  const bound = /^(<=|>=|<|>)(\d{1,3})$/.exec(text);
  return bound ? { [{ "<": "below", "<=": "at_most", ">": "above", ">=": "at_least" }[bound[1]]]: Number(bound[2]) } : value;
}
