"use strict";
// Advice: what the rules say of one patient, in the same standings, order and words as on the command line.

const BENEFITS = ["OS", "PFS", "response", null];
const uniqueOf = (items) => [...new Set(items)];

/** What the rules say of a patient; throws Refusal where no complete patient is as described. */
function advise(patient, engine, solver) {
  return new Advisor(patient, engine, solver).advice();
}

class Advisor {
  constructor(patient, engine, solver) {
    this.patient = patient;
    this.engine = engine;
    this.solver = solver;
    this.data = engine.data;
    this.open = null;
    this.judge = engine.judge(patient.facts);
    this.truths = Object.fromEntries(Object.entries(engine.rules).map(([id, node]) => [id, this.judge(node)]));
    this.standings = {};
    this.cautions = {};
    for (const [id, { offer, exclusion, caution }] of Object.entries(engine.conditions)) {
      this.cautions[id] = this.judge(caution);
      this.standings[id] = standingOf(this.judge(offer), this.judge(exclusion), this.cautions[id]);
    }
    this.#settle();
  }

  /** What judging part by part leaves open, over all completions of the patient. */
  #settle() {
    const rules = Object.keys(this.truths).filter((id) => this.truths[id] === UNKNOWN);
    const done = ["not-indicated", "offered-with-caution"];
    const regimens = Object.keys(this.standings).filter((id) => !done.includes(this.standings[id]));
    const exact = this.solver.settle(this.patient, rules, regimens);
    if (!exact) throw new Refusal([{ path: [], message: "no patient can be as described" }]);
    Object.assign(this.truths, exact.rules);
    Object.assign(this.standings, exact.standings);
    Object.assign(this.cautions, exact.cautions);
  }

  advice() {
    const { disease } = this.engine.facts, of = (id) => this.patient.facts.disease.can & disease.bit.get(this.data.regimens[id].disease);
    const options = Object.keys(this.data.regimens).filter(of).map((id) => this.#option(id));
    options.sort(byRank(this.data));
    const notes = this.#statements("note", [TRUE]), silent = this.#statements("silent", [TRUE]);
    const advice = {
      patient: this.patient,
      advisor: this,
      options,
      first: this.#first(options, [...notes, ...silent]),
      standards: this.#statements("standard", [TRUE, UNKNOWN]),
      trials: this.#statements("trial", [TRUE]),
      notes,
      silent,
    };
    return { ...advice, differences: differencesShown(advice, this.data), changes: changesTold(advice, this.engine, this.judge) };
  }

  /** What holds for every option, shown once above them; see `placing.py`. */
  #first(options, statements) {
    const offered = options.filter((option) => option.standing.startsWith("offered"));
    const shown = [...offered, ...options.filter((option) => option.standing === "undetermined")];
    const asked = this.#carriedByAll(shown).filter((one) => one.rules.some((rule) => this.data.rules[rule].first));
    const unasked = offered.length > 1 ? this.#carriedByAll(offered).filter((one) => one.state === "holds") : [];
    const said = statements.filter(({ rule }) => this.data.rules[rule].first).map(({ rule }) => ({
      rules: [rule], effect: this.data.rules[rule].effect, state: "holds", says: this.data.rules[rule].says, depends_on: [] }));
    const found = [...asked.filter((one) => one.state === "holds"), ...said, ...unasked, ...asked.filter((one) => one.state === "open")];
    const once = new Map();
    for (const one of found) if (!once.has(one.state + one.says)) once.set(one.state + one.says, one);
    return [...once.values()];
  }

  /** Each caution about the patient that all of these options carry, with the rules by which they do. */
  #carriedByAll(options) {
    const bySentence = (option) => {
      const found = new Map();
      for (const held of option.cautions) {
        const rule = this.data.rules[held.rule];
        if (rule.kind !== "patient") continue;
        const says = held.state === "open" ? rule.if_open ?? rule.says : rule.says;
        if (!found.has(held.state + says)) found.set(held.state + says, { state: held.state, says, held: [] });
        found.get(held.state + says).held.push(held);
      }
      return found;
    };
    const [carried, ...others] = options.map(bySentence);
    return [...(carried ?? new Map()).entries()].filter(([said]) => others.every((one) => one.has(said))).map(([said, { state, says }]) => {
      const held = [carried, ...others].flatMap((one) => one.get(said).held);
      return { rules: uniqueOf(held.map((one) => one.rule)).sort(), effect: "caution", state, says,
        depends_on: uniqueOf(held.flatMap((one) => one.depends_on)).sort() };
    });
  }

  #option(id) {
    const regimen = this.data.regimens[id], standing = this.standings[id];
    const withTruth = (ids, truth) => ids.filter((rule) => this.truths[rule] === truth);
    let rules = standing === "not-indicated" ? [] : withTruth(regimen.offers, TRUE);
    if (!rules.length && standing !== "not-indicated") rules = withTruth(regimen.offers, UNKNOWN);
    const of = (key) => uniqueOf(rules.flatMap((rule) => this.data.rules[rule][key]));
    const studies = of("studies"), known = studies.map((study) => this.data.studies[study]);
    const level = known.map((study) => study.design_level).reduce(
      (best, one) => (best && (best.ocebm_2011 ?? 9) <= (one.ocebm_2011 ?? 9) ? best : one), null);
    const benefits = known.map((study) => study.shown_benefit).filter((benefit) => benefit !== null);
    return {
      regimen: id,
      name: regimen.name,
      drugs: regimen.drugs,
      standing,
      setting: of("setting"),
      says: rules.map((rule) => this.data.rules[rule].says),
      rules,
      markers: this.#markers(rules),
      studies,
      design_level: level ?? { basis: "no study named" },
      shown_benefit: BENEFITS.find((benefit) => benefits.includes(benefit)) ?? null,
      approvals: of("approvals"),
      schedule: regimen.schedule,
      harm: standing === "not-indicated" ? [] : regimen.harm,
      cautions: standing === "not-indicated" ? [] : this.#cautions([...regimen.cautions, ...regimen.measures]),
      reasons: this.#reasons(standing, regimen),
    };
  }

  /** The markers of this tumour that rules ask for; those it may have where it surely has none of them. */
  #markers(rules) {
    const tests = uniqueOf(rules.flatMap((rule) => this.engine.markers[rule]));
    const of = (truth) => tests.filter((test) => this.judge(test) === truth).map((test) => test.says);
    return of(TRUE).length ? of(TRUE) : of(UNKNOWN);
  }

  /** The cautions that hold or are open; open ones with one sentence between them are one caution. */
  #cautions(ids) {
    const rank = (id) => [Number(this.truths[id] === UNKNOWN), Number(this.data.rules[id].basis !== "review")];
    const before = (one, other) => rank(one)[0] - rank(other)[0] || rank(one)[1] - rank(other)[1];
    const told = new Map();
    for (const held of ids.filter((id) => this.truths[id] !== FALSE).sort(before).map((id) => this.#held(id))) {
      const rule = this.data.rules[held.rule], key = held.state === "open" ? rule.if_open ?? rule.says : held.rule;
      const same = told.get(key);
      // Whatever the order of the rules, the first of them by its id speaks for all.
      const first = same && same.rule < held.rule ? same : held;
      const waits = same ? [...new Set([...same.depends_on, ...held.depends_on])].sort() : held.depends_on;
      told.set(key, { ...first, depends_on: waits });
    }
    return [...told.values()];
  }

  #statements(effect, truths) {
    const rules = Object.values(this.data.rules).filter((rule) => rule.effect === effect && truths.includes(this.truths[rule.id]));
    return rules.map((rule) => this.#held(rule.id));
  }

  #held(id) {
    const open = this.truths[id] === UNKNOWN;
    return { rule: id, state: open ? "open" : "holds", depends_on: open ? this.waitsFor(id) : [] };
  }

  #reasons(standing, regimen) {
    const held = (ids) => ids.filter((id) => this.truths[id] !== FALSE);
    const reasons = standing === "not-indicated" ? [] : held(regimen.exclusions);
    if (standing === "not-indicated") reasons.push(...regimen.offers);
    if (standing === "undetermined") reasons.push(...held(regimen.offers));
    return reasons.map((rule) => ({ rule, state: { [TRUE]: "met", [FALSE]: "not met", [UNKNOWN]: "unknown" }[this.truths[rule]] }));
  }

  /** The open questions about the facts that leave a rule open. */
  waitsFor(id) {
    const about = new Set(unknownAtoms(this.engine.rules[id], this.judge).map((atom) => atom.fact));
    this.open ??= [...this.solver.questions(this.patient).keys()];
    return this.open.filter((key) => [...about].some((fact) => this.solver.tellsOf(key, fact)));
  }

  /** For each undetermined regimen the questions it waits for. */
  dependsOn() {
    const undetermined = Object.keys(this.standings).filter((id) => this.standings[id] === "undetermined");
    if (!undetermined.length) return {};
    const settling = new Settling(this.solver, this.patient, undetermined);
    return Object.fromEntries(undetermined.map((id) => [id, settling.dependsOn(id)]));
  }

  /** The single questions worth asking next, those first that decide most; one that only opens a caution comes last. */
  missing({ standards, options }) {
    const waiting = this.dependsOn(), offered = options.filter((option) => option.standing.startsWith("offered"));
    const moreEvidence = ({ regimen }) => {
      const open = this.data.regimens[regimen].offers.filter((rule) => this.truths[rule] === UNKNOWN);
      return uniqueOf(open.flatMap((rule) => this.waitsFor(rule)));
    };
    const waits = {
      standards: standards.map(({ rule, depends_on }) => [rule, depends_on]),
      options: options.map(({ regimen }) => [regimen, waiting[regimen] ?? []]),
      evidence: offered.map((option) => [option.regimen, moreEvidence(option)]),
    };
    const asked = new Map(questionsFor(this.patient, this.solver, this.standings, this.cautions).map((one) => [one.question, one]));
    for (const key of Object.values(waits).flat().flatMap(([, keys]) => keys)) {
      const fact = this.engine.facts[key];
      if (fact && !asked.has(key)) asked.set(key, { question: key, asks: fact.question, settles: [], answers: [] });
    }
    const found = [...asked.entries()].map(([key, question]) => ({ ...question,
      ...Object.fromEntries(Object.entries(waits).map(([part, of]) => [part, of.filter(([, keys]) => keys.includes(key)).map(([name]) => name)])) }));
    const decided = (one) => one.standards.length + one.options.length + one.evidence.length;
    return found.sort((one, other) => decided(other) - decided(one));
  }
}

function byRank(data) {
  const isOffered = (option) => option.standing.startsWith("offered");
  const warnsOfPatient = ({ rule, state }) => state === "holds" && data.rules[rule].kind === "patient";
  const rank = (option) => {
    const asksForDrug = option.rules.some((rule) => data.rules[rule].asks_for.earlier_drug);
    const patients = Math.max(0, ...option.studies.map((study) => data.studies[study].n));
    return [
      isOffered(option) ? 0 : data.standings.indexOf(option.standing), !option.markers.length,
      option.standing === "offered-with-caution", option.cautions.some(warnsOfPatient), !asksForDrug,
      option.design_level.ocebm_2011 ?? 9, !option.approvals.length, BENEFITS.indexOf(option.shown_benefit), -patients,
    ];
  };
  return (one, other) => {
    const [left, right] = [rank(one), rank(other)];
    const at = left.findIndex((part, index) => part !== right[index]);
    if (at >= 0) return left[at] - right[at];
    return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
  };
}

function unknownAtoms(node, judge) {
  if (judge(node) !== UNKNOWN) return [];
  return node.kind === "atom" ? [node.atom] : node.parts.flatMap((part) => unknownAtoms(part, judge));
}
