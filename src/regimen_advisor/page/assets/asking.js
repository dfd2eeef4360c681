"use strict";
// What to ask or test next: what each possible answer to a single question would settle.

/** A question about one treatment of the history: its place, and what is asked. */
const HISTORY_PART = /^history\[(\d+)\]\.(\w+)$/;

/** The questions worth asking, those first that can decide most: [{question, asks, settles, answers}]. */
function questionsFor(patient, solver, standings, cautions) {
  return new Asker(patient, solver, standings, cautions).single();
}

class Asker {
  constructor(patient, solver, standings, cautions) {
    this.patient = patient;
    this.solver = solver;
    this.standings = standings;
    this.encoding = solver.encoding;
    this.questions = solver.questions(patient);
    this.undetermined = Object.keys(standings).filter((id) => standings[id] === "undetermined");
    const mayWarn = Object.keys(standings).filter((id) => standings[id] === "offered" && cautions[id] === UNKNOWN);
    this.asked = new Map();
    for (const key of this.questions.keys()) {
      const unit = solver.unit(key);
      const waiting = this.undetermined.filter((id) => this.encoding.regimens[id].about.includes(unit));
      const warned = mayWarn.filter((id) => this.encoding.regimens[id].warned_about.includes(unit));
      if (waiting.length || warned.length) this.asked.set(key, [...waiting, ...warned]);
    }
    this.effects = new Map([...this.questions.keys()].map((key) => [key, []]));
    this.settledBy = new Map();
  }

  single() {
    for (const [key, asked] of this.asked) this.#askWhole(key, asked);
    for (const [key, asked] of this.asked) if (this.#isSet(key)) this.#askDecisive(key, asked);
    const found = [...this.asked.keys()].map((key) => this.#question(key)).filter((question) => question !== null);
    return found.sort((left, right) => right.settles.length - left.settles.length);
  }

  #question(key) {
    const answers = new Map(), settles = new Set();
    for (const [words, changed] of this.effects.get(key)) {
      for (const id in changed) if (this.undetermined.includes(id)) settles.add(id);
      const key = JSON.stringify(changed);
      if (!answers.has(key)) answers.set(key, { values: [], standings: changed });
      if (!answers.get(key).values.includes(words)) answers.get(key).values.push(words);
    }
    if (!answers.size) return null;
    const inOrder = Object.keys(this.standings).filter((id) => settles.has(id));
    return { question: key, asks: askedInWords(key, this.patient, this.solver.engine), settles: inOrder, answers: [...answers.values()] };
  }

  #askWhole(key, asked) {
    for (const { words, literals } of this.#wholeAnswers(key)) {
      const changed = this.#changed(literals, asked);
      if (!changed) continue;
      this.#note(key, words, changed);
      if (this.solver.engine.data.open_history.includes(key)) this.#note("history", `${key} ${words}`, changed);
    }
  }

  #askDecisive(key, asked) {
    for (const id of asked.filter((regimen) => this.undetermined.includes(regimen))) {
      const wanted = new Set([false, true].filter((value) => this.#maySettle(key, id, value)));
      for (const { words, literals } of this.#decisive(id, this.#tests(key, id), wanted)) {
        this.#note(key, words, this.#changed(literals, asked));
      }
    }
  }

  #note(key, words, changed) {
    if (Object.keys(changed).length) this.effects.get(key)?.push([words, changed]);
    for (const [id, standing] of Object.entries(changed)) {
      const outcome = `${id} ${standing.startsWith("offered")}`;
      if (!this.settledBy.has(outcome)) this.settledBy.set(outcome, new Set());
      this.settledBy.get(outcome).add(key);
    }
  }

  /** Whether it is worth looking for an answer that settles the regimen so. */
  #maySettle(key, id, value) {
    if (this.settledBy.get(`${id} ${value}`)?.has(key)) return false;
    const ties = this.encoding.ties[this.solver.unit(key)];
    return [...(this.settledBy.get(`${id} ${!value}`) ?? [])].every((question) => ties.includes(this.solver.unit(question)));
  }

  #changed(literals, asked) {
    const standings = this.solver.standingsUnder(this.patient, asked, literals);
    return standings && Object.fromEntries(Object.entries(standings).filter(([id, standing]) => standing !== this.standings[id]));
  }

  /** For each wanted outcome the first combination of tests, failing before passing, that settles it so. */
  * #decisive(id, tests, wanted) {
    const { offered } = this.encoding.regimens[id];
    const can = (literals, literal) => this.solver.can(this.patient, [...literals, literal]);
    const needed = (parts, against) => {
      let left = parts;
      for (const part of parts) {
        const rest = left.filter((candidate) => candidate !== part);
        if (!can(rest.map((test) => test.literal), against)) left = rest;
      }
      return { words: left.map((part) => part.words).join(", "), literals: left.map((part) => part.literal) };
    };
    const search = function* (chosen, position) {
      if (!wanted.size) return;
      const literals = chosen.map((part) => part.literal);
      const canHold = can(literals, offered), canFail = can(literals, -offered);
      if (canHold !== canFail) {
        if (wanted.delete(canHold)) yield needed(chosen, canHold ? -offered : offered);
        return;
      }
      if (!canHold || position === tests.length) return;
      const { words, unless, literal } = tests[position];
      yield* search([...chosen, { words: unless, literal: -literal }], position + 1);
      yield* search([...chosen, { words, literal }], position + 1);
    };
    yield* search([], 0);
  }

  // Possible answers --------------------------------------------------------------------------------------------------

  #isSet(key) {
    return key === "history" || key.endsWith(".drugs") || this.solver.engine.facts[key]?.kind === "set";
  }

  #slot(key) {
    const position = Number(/^history\[(\d+)\]/.exec(key)[1]);
    return this.solver.given(this.patient).find(({ entry }) => entry.position === position).slot;
  }

  #wholeAnswers(key) {
    if (key.endsWith(".outcome")) {
      const { outcomes } = this.#slot(key);
      return OUTCOMES.map((words, index) => ({ words, literals: [outcomes[index]] }));
    }
    if (key.endsWith(".relapse_after")) return this.#monthsOf(this.#slot(key));
    const fact = this.solver.engine.facts[key.endsWith(".cycles") ? "last_cycles" : key];
    if (fact?.kind === "choice") {
      return fact.domain.map((words) => ({ words, literals: [this.encoding.choices[fact.name][words]] }));
    }
    if (fact?.kind === "number") return this.#ranges(fact);
    if (fact?.kind !== "set") return [];
    const table = Object.entries(this.encoding.sets[fact.name]).filter(([word]) => !(word in fact.groups));
    return [fact.empty, ...fact.members].map((words) => ({
      words, literals: [this.encoding.sets[fact.name][words], ...table.filter(([word]) => word !== words).map(([, literal]) => -literal)],
    }));
  }

  /** The intervals that the rules tell apart of the months between one entry and its progression or relapse. */
  #monthsOf({ months }) {
    const starts = months[0]?.[0] === 0 ? months : [[0, null], ...months];
    return starts.map(([low, reached], index) => {
      const [after, missed] = starts[index + 1] ?? [this.solver.engine.data.most.months + 1, null];
      return { words: `${low}-${after - 1}`, literals: [...(reached === null ? [] : [reached]), ...(missed === null ? [] : [-missed])] };
    });
  }

  #ranges(fact) {
    const known = this.patient.facts[fact.name], cuts = this.solver.cuts(fact.name);
    const starts = cuts.some(([cut]) => cut === fact.low) ? cuts : [[fact.low, null], ...cuts];
    return starts.flatMap(([low, reached], index) => {
      const [after, missed] = starts[index + 1] ?? [fact.high + 1, null];
      const first = Math.max(low, known.low), last = Math.min(after - 1, known.high);
      if (first > last) return [];
      const literals = [...(reached === null ? [] : [reached]), ...(missed === null ? [] : [-missed])];
      return [{ words: first === last ? String(first) : `${first}-${last}`, literals }];
    });
  }

  #tests(key, id) {
    const { tests, members } = this.encoding.regimens[id];
    if (key.endsWith(".drugs")) {
      const { holds } = this.#slot(key);
      return members.map((words) => ({ words, unless: say("ask.lacks", { member: words }), literal: holds[words] }));
    }
    const { untreated } = this.encoding;
    const ofKey = tests.filter((test) => test.key === key && (key !== "history" || test.literal !== untreated.literal));
    return key === "history" ? [untreated, ...ofKey] : ofKey;
  }
}

/** A question key as a person is asked it. */
function askedInWords(key, patient, engine) {
  if (key in engine.facts) return engine.facts[key].question;
  if (key === "history") {
    const { low, high } = patient.facts.prior_lines;
    return low || high ? say("ask.history") : say("ask.curative");
  }
  const [, position, part] = HISTORY_PART.exec(key);
  const entry = patient.history.find((treatment) => treatment.position === Number(position));
  return say(`ask_of_course.${part}`, { course: courseOf(entry) });
}
