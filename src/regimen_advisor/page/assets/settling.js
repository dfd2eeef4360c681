"use strict";
// What holds in all completions of a patient, in some, in none; and which questions settle a regimen. The clauses come
// with the page: they are those of the solver behind the command line, so that both answer alike.

const MOST_EXAMPLES = 1000;

/** Answers about one rulebook over all completions of a patient. */
class Solver {
  constructor(engine) {
    this.engine = engine;
    this.encoding = engine.data.encoding;
    this.sat = new Sat(this.encoding.variables, this.encoding.clauses);
    this.selectors = new Map();
    this.selected = new Map();
    this.found = [];
    this.slots = this.encoding.slots.map(([exists, drugs, outcomes, holds, months]) => ({ exists, drugs, outcomes, holds, months }));
    this.kinds = this.encoding.kinds.map(([name, members]) => ({ name, mask: engine.facts.received.mask(members) }));
  }

  // What is known, as literals ----------------------------------------------------------------------------------------

  known(patient) {
    if (patient.literals) return patient.literals;
    const { lines, choices } = this.encoding, found = [];
    for (const fact of Object.values(this.engine.facts)) {
      const isOfHistory = fact.key === "history";
      if (!isOfHistory || fact.name in choices && fact.name === "last_outcome") found.push(...this.#ofValue(fact, patient.facts[fact.name]));
    }
    if (!patient.history) {
      const { open } = this.encoding; // more entries than these tell nothing apart where the history is open
      if (open.lines < lines.length) found.push(-lines[open.lines]);
      found.push(...this.slots.slice(2 * lines.length + open.curative).map((slot) => -slot.exists));
    } else {
      const count = Math.max(0, ...patient.history.map((entry) => entry.line ?? 0));
      if (count < lines.length) found.push(-lines[count]);
      if (count) found.push(lines[count - 1]);
      const given = this.given(patient), taken = new Set(given.map(({ slot }) => slot));
      const inductions = [...Array(count).keys()].map((line) => this.slots[2 * line + 1]);
      for (const slot of [...inductions, ...this.slots.slice(2 * lines.length)]) found.push(taken.has(slot) ? slot.exists : -slot.exists);
      for (const { entry, slot } of given) {
        found.push(...this.#ofDrugs(entry, slot));
        OUTCOMES.forEach((word, index) => entry.outcomes.includes(word) || found.push(-slot.outcomes[index]));
        if (entry.line === count && !entry.maintenance) found.push(...this.#ofNumber("last_cycles", entry.cycles));
        for (const [cut, literal] of slot.months) {
          if (cut <= entry.months.low) found.push(literal);
          else if (cut > entry.months.high) found.push(-literal);
        }
      }
    }
    return (patient.literals = found);
  }

  /** The entries of a history, each with the slot that stands for it. */
  given(patient) {
    let curative = 2 * this.encoding.lines.length;
    return patient.history.map((entry) => ({
      entry, slot: this.slots[entry.line === null ? curative++ : 2 * (entry.line - 1) + (entry.maintenance ? 1 : 0)],
    }));
  }

  #ofValue(fact, value) {
    const { choices, sets } = this.encoding;
    if (fact.kind === "number") return this.#ofNumber(fact.name, value);
    if (fact.kind === "choice") {
      const words = Object.entries(choices[fact.name]);
      const singleWord = words.find(([word]) => value.can === fact.bit.get(word));
      return singleWord ? [singleWord[1]] : words.filter(([word]) => !(value.can & fact.bit.get(word))).map(([, literal]) => -literal);
    }
    return Object.entries(sets[fact.name]).flatMap(([member, literal]) => {
      const bit = fact.bit.get(member);
      return value.must & bit ? [literal] : value.may & bit ? [] : [-literal];
    });
  }

  cuts(name) {
    const { cuts, lines } = this.encoding;
    return name === "prior_lines" ? lines.map((literal, index) => [index + 1, literal]) : cuts[name];
  }

  #ofNumber(name, value) {
    const cuts = this.cuts(name);
    const reached = cuts.filter(([cut]) => cut <= value.low).at(-1), missed = cuts.find(([cut]) => cut > value.high);
    return [...(reached ? [reached[1]] : []), ...(missed ? [-missed[1]] : [])];
  }

  #ofDrugs(entry, slot) {
    const { must, may } = entry.drugs, found = [];
    /** @type {any} */
    let sure = 0n;
    this.kinds.forEach(({ mask }, index) => {
      if (mask & must) {
        found.push(slot.drugs[index]);
        sure |= mask & must;
      } else if (!(mask & may)) found.push(-slot.drugs[index]);
    });
    for (const [group, members] of this.engine.facts.received.groupMasks) {
      const inside = members & may;
      if (!(must & group) || inside & sure) continue;
      found.push(this.#some(slot.drugs.filter((_, index) => this.kinds[index].mask & inside)));
    }
    return found;
  }

  /** A literal under which at least one of these holds. */
  #some(literals) {
    const key = literals.join(" ");
    if (!this.selectors.has(key)) {
      const chosen = this.sat.variable();
      this.sat.add([-chosen, ...literals]);
      this.selectors.set(key, chosen);
      this.selected.set(chosen, literals);
    }
    return this.selectors.get(key);
  }

  // Truth over all completions ----------------------------------------------------------------------------------------

  /** A completion with these literals too, if there is one; those found for a patient are kept as examples. */
  #example(patient, literals, preferred = []) {
    const examples = this.#examples(patient), found = this.sat.model([...this.known(patient), ...literals], preferred);
    if (found) {
      examples.push(found);
      this.found.push(found);
      if (this.found.length > MOST_EXAMPLES) this.found.splice(0, MOST_EXAMPLES / 2);
    }
    return found;
  }

  /** The completions of a patient found so far; those of earlier patients that are his too save looking for them again. */
  #examples(patient) {
    patient.examples ??= this.found.filter((example) => this.known(patient).every((literal) => example(literal)));
    return patient.examples;
  }

  /** Whether some completion has these literals too. */
  can(patient, literals) {
    const known = this.#examples(patient).some((example) => literals.every((literal) => example(literal)));
    return known || this.#example(patient, literals) !== null;
  }

  /** The truth of each literal over all completions in which `more` holds; null where there is none. */
  truths(patient, literals, more = []) {
    const examples = this.#examples(patient).filter((example) => more.every((literal) => example(literal)));
    const first = examples[0] ?? this.#example(patient, more);
    if (!first) return null;
    const opposite = (literal) => (first(literal) ? -literal : literal), impossible = new Set();
    let unseen = uniqueOf(literals.map(opposite)).filter((literal) => !examples.some((example) => example(literal)));
    while (unseen.length) {
      const [literal, ...rest] = unseen, example = this.#example(patient, [...more, literal], rest);
      if (!example) impossible.add(literal);
      unseen = example ? rest.filter((wanted) => !example(wanted)) : rest;
    }
    const truth = (literal) => (!impossible.has(opposite(literal)) ? UNKNOWN : first(literal) ? TRUE : FALSE);
    return new Map(literals.map((literal) => [literal, truth(literal)]));
  }

  /** Exact truths of rules, and exact standings of regimens; null where no complete patient is as described. */
  settle(patient, rules, regimens) {
    const literals = [...this.#literalsOf(regimens), ...rules.map((id) => this.encoding.rules[id])];
    const truths = this.truths(patient, literals);
    if (!truths) return null;
    return {
      standings: Object.fromEntries(regimens.map((id) => [id, this.#standing(id, truths)])),
      cautions: Object.fromEntries(regimens.map((id) => [id, truths.get(this.encoding.regimens[id].caution)])),
      rules: Object.fromEntries(rules.map((id) => [id, truths.get(this.encoding.rules[id])])),
    };
  }

  /** The exact standings of regimens were these literals known too; null where they cannot be. */
  standingsUnder(patient, regimens, more) {
    const truths = this.truths(patient, this.#literalsOf(regimens), more);
    return truths && Object.fromEntries(regimens.map((id) => [id, this.#standing(id, truths)]));
  }

  #literalsOf(regimens) {
    return regimens.flatMap((id) => ["offered", "offer", "caution"].map((key) => this.encoding.regimens[id][key]));
  }

  #standing(id, truths) {
    const { offered, offer, caution } = this.encoding.regimens[id];
    const isOffered = truths.get(offered);
    if (isOffered === UNKNOWN) return "undetermined";
    if (isOffered === TRUE) return truths.get(caution) === TRUE ? "offered-with-caution" : "offered";
    return truths.get(offer) === FALSE ? "not-indicated" : "excluded";
  }

  // Questions ---------------------------------------------------------------------------------------------------------

  /** The fact a question is about; `history` for all that is read from the history. */
  unit(key) {
    return key in this.engine.facts && this.engine.facts[key].permanence !== "treatment" ? key : "history";
  }

  /** Whether the answer to a question can tell something of a fact. */
  bearsOn(key, fact) {
    if (this.unit(key) !== this.unit(fact)) return false;
    const part = /^history\[\d+\]\.(\w+)$/.exec(key)?.[1];
    const askedFact = { cycles: "last_cycles", relapse_after: "platinum_free_interval" }[part];
    return !part || (askedFact ? fact === askedFact : fact !== "last_cycles");
  }

  /** Every question whose answer is not known, with the literals that its answer settles, in a fixed order. */
  questions(patient) {
    const { choices, sets, lines, slots } = this.encoding, found = new Map();
    const literals = (fact) => fact.kind === "choice" ? Object.values(choices[fact.name])
      : fact.kind === "set" ? Object.values(sets[fact.name]) : this.cuts(fact.name).map(([, literal]) => literal);
    const add = (key, settled) => settled.length && found.set(key, settled);
    for (const fact of Object.values(this.engine.facts)) {
      if (fact.permanence === "treatment") continue;
      if (!isSettled(patient.facts[fact.name])) add(fact.name, literals(fact));
    }
    const cycles = literals(this.engine.facts.last_cycles);
    if (!patient.history) {
      if (!isSettled(patient.facts.prior_lines)) add("prior_lines", lines);
      if (!isSettled(patient.facts.last_outcome)) add("last_outcome", Object.values(choices.last_outcome));
      add("history", [...lines, ...slots.flatMap(([exists, drugs, outcomes, , months]) => [exists, ...drugs, ...outcomes, ...months.map(([, literal]) => literal)]), ...cycles]);
      return found;
    }
    const count = Math.max(0, ...patient.history.map((entry) => entry.line ?? 0));
    for (const { entry, slot } of this.given(patient)) {
      const key = `history[${entry.position}]`;
      if (entry.drugs.must !== entry.drugs.may) add(`${key}.drugs`, slot.drugs);
      if (entry.outcomes.length > 1) add(`${key}.outcome`, slot.outcomes);
      if (entry.line === count && !entry.maintenance && !isSettled(entry.cycles)) add(`${key}.cycles`, cycles);
      const platinum = this.engine.facts.received.bit.get("platinum") ?? 0n;
      if (entry.drugs.may & platinum && entry.outcomes.some((outcome) => ENDED.includes(outcome)) && !isSettled(entry.months)) {
        add(`${key}.relapse_after`, slot.months.map(([, literal]) => literal));
      }
    }
    return found;
  }
}

function isSettled(value) {
  if ("can" in value) return !(value.can & (value.can - 1n));
  if ("must" in value) return value.must === value.may;
  return value.low > value.high || (value.low === value.high && !value.absent);
}

/** Two completions side by side in one solver: variable v stands for the one patient, v + size for the other. */
class Pair {
  constructor(encoding) {
    this.size = encoding.variables + 1;
    this.sat = new Sat(2 * this.size, encoding.clauses.flatMap((clause) => [clause, clause.map((literal) => this.other(literal))]));
    this.made = new Map();
  }

  other(literal) {
    return literal > 0 ? literal + this.size : literal - this.size;
  }

  /** A literal under which both patients agree on all of these. */
  agree(literals) {
    return this.#made(`agree ${literals.join(" ")}`, (equal) => literals.flatMap((literal) => [
      [-equal, -literal, this.other(literal)], [-equal, literal, -this.other(literal)],
    ]));
  }

  /** A literal under which this one holds in the one patient and fails in the other. */
  differ(literal) {
    return this.#made(`differ ${literal}`, (differs) => [[-differs, literal], [-differs, -this.other(literal)]]);
  }

  /** A literal under which at least one of these holds. */
  some(literals) {
    return literals.length === 1 ? literals[0] : this.#made(`some ${literals.join(" ")}`, (chosen) => [[-chosen, ...literals]]);
  }

  /** A literal under which both patients have at least one of these. */
  both(literals) {
    return this.#made(`both ${literals.join(" ")}`, (chosen) => [[-chosen, ...literals], [-chosen, ...literals.map((literal) => this.other(literal))]]);
  }

  #made(key, clauses) {
    if (!this.made.has(key)) {
      const variable = this.sat.variable();
      for (const clause of clauses(variable)) this.sat.add(clause);
      this.made.set(key, variable);
    }
    return this.made.get(key);
  }
}

/** The smallest sets of questions that settle the undetermined regimens of one patient. */
class Settling {
  constructor(solver, patient, undetermined) {
    this.encoding = solver.encoding;
    this.pair = solver.pair ??= new Pair(solver.encoding);
    this.questions = solver.questions(patient);
    const about = new Map([...this.questions.keys()].map((key) => [key, solver.unit(key)]));
    this.keys = Object.fromEntries(undetermined.map((id) => [
      id, [...about.keys()].filter((key) => this.encoding.regimens[id].about.includes(about.get(key))),
    ]));
    this.agreeing = new Map([...this.questions].map(([key, literals]) => [key, this.pair.agree(literals)]));
    this.differing = Object.fromEntries(undetermined.map((id) => [id, this.pair.differ(this.encoding.regimens[id].offered)]));
    this.known = solver.known(patient).flatMap((literal) => {
      const several = solver.selected.get(literal); // a selector of the one solver is none of this one
      return several ? [this.pair.both(several)] : [literal, this.pair.other(literal)];
    });
    this.families = Object.fromEntries(undetermined.map((id) => [id, []]));
    for (const key of this.questions.keys()) this.#essential(key, undetermined.filter((id) => this.keys[id].includes(key)));
  }

  /** Notes for which regimens nothing settles without this question: a pair differs in that answer alone. */
  #essential(key, regimens) {
    const rest = [...this.agreeing].filter(([test]) => test !== key).map(([, literal]) => literal);
    let waiting = regimens;
    while (waiting.length) {
      const differing = this.pair.some(waiting.map((id) => this.differing[id]));
      const pair = this.pair.sat.model([...this.known, ...rest, differing]);
      if (!pair) return;
      const found = waiting.filter((id) => this.#differs(pair, this.encoding.regimens[id].offered));
      for (const id of found) this.families[id].push(new Set([key]));
      waiting = waiting.filter((id) => !found.includes(id));
    }
  }

  #differs(pair, literal) {
    return pair(literal) !== pair(this.pair.other(literal));
  }

  /** All questions that are in a smallest set of questions that settles the regimen. */
  dependsOn(id) {
    const keys = this.keys[id], family = this.families[id];
    for (;;) {
      const candidates = smallestMeeting(family, keys);
      let missed = null;
      for (const chosen of candidates) if ((missed = this.#disagreement(id, chosen, keys))) break;
      if (!missed) return keys.filter((key) => candidates.some((chosen) => chosen.has(key)));
      family.push(missed);
    }
  }

  /** Questions outside the chosen in which two completions differ that differ on the regimen, and no fewer. */
  #disagreement(id, chosen, keys) {
    const assumed = [...this.known, this.differing[id]], apart = new Set();
    for (const key of keys) if (chosen.has(key)) assumed.push(this.agreeing.get(key));
    let pair = this.pair.sat.model(assumed);
    if (!pair) return null;
    for (const key of keys) {
      if (chosen.has(key)) continue;
      const differs = this.questions.get(key).some((literal) => this.#differs(pair, literal));
      const closer = differs && this.pair.sat.model([...assumed, this.agreeing.get(key)]);
      if (differs && !closer) apart.add(key);
      else assumed.push(this.agreeing.get(key));
      if (closer) pair = closer;
    }
    return apart;
  }
}

/** All smallest sets of keys that share a member with each set of the family. */
function smallestMeeting(family, keys) {
  const sole = new Set(family.filter((group) => group.size === 1).flatMap((group) => [...group]));
  const rest = family.filter((group) => ![...group].some((key) => sole.has(key)));
  const meets = (chosen, group) => chosen.some((key) => group.has(key));
  for (let layer = [[]]; ;) {
    const done = layer.filter((chosen) => rest.every((group) => meets(chosen, group)));
    if (done.length) return done.map((chosen) => new Set([...sole, ...chosen]));
    const grown = new Map();
    for (const chosen of layer) {
      for (const key of rest.find((group) => !meets(chosen, group))) {
        const larger = [...chosen, key].sort((left, right) => keys.indexOf(left) - keys.indexOf(right));
        grown.set(larger.join(" "), larger);
      }
    }
    layer = [...grown.values()];
  }
}
