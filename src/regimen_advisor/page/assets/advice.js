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
    this.waiting = new Map();
    this.waits = null;
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
    if (!exact) throw new Refusal([{ path: [], message: say("page_error.no_patient") }]);
    Object.assign(this.truths, exact.rules);
    Object.assign(this.standings, exact.standings);
    Object.assign(this.cautions, exact.cautions);
  }

  advice() {
    const { disease } = this.engine.facts, canBe = (id) => this.patient.facts.disease.can & disease.bit.get(this.data.regimens[id].disease);
    const options = Object.keys(this.data.regimens).filter(canBe).map((id) => this.#option(id));
    options.sort(byRank(this.data));
    const notes = this.#statements("note", [TRUE]), silent = this.#statements("silent", [TRUE]);
    const standards = this.#statements("standard", [TRUE, UNKNOWN]).map((standard) => this.#standard(standard));
    const advice = {
      patient: this.patient,
      advisor: this,
      options,
      first: this.#first(options, standards, [...notes, ...silent]),
      standards,
      trials: this.#statements("trial", [TRUE]),
      notes,
      silent,
    };
    return { ...advice, differences: differencesShown(advice, this.engine, this.judge), changes: changesShown(advice, this.engine, this.judge) };
  }

  /** What holds for every option, shown once above them; see `placing.py`. */
  #first(options, standards, statements) {
    const offered = options.filter((option) => option.standing.startsWith("offered"));
    const possible = [...offered, ...options.filter((option) => option.standing === "undetermined")];
    const shown = possible.length ? possible : standards.filter((standard) => standard.state === "holds");
    const carried = shown.map((option) => this.#bySentence(option));
    const ofAll = this.#carriedByAll(carried, carried), ofOffers = offered.length > 1 ? this.#carriedByAll(carried.slice(0, offered.length), carried) : new Map();
    const held = [...(ofOffers.size ? ofOffers : ofAll).values()].filter((caution) => caution.state === "holds");
    const isAsked = (caution) => caution.rules.some((rule) => this.data.rules[rule].first);
    const statementsFirst = statements.filter(({ rule }) => this.data.rules[rule].first).map(({ rule }) => ({
      rules: [rule], effect: this.data.rules[rule].effect, state: "holds", says: this.data.rules[rule].says, depends_on: [] }));
    const open = [...ofAll.values()].filter((caution) => caution.state === "open" && isAsked(caution));
    const found = [...held.filter(isAsked), ...statementsFirst, ...(ofOffers.size ? held : []), ...open];
    const once = new Map();
    for (const caution of found) if (!once.has(caution.state + caution.says)) once.set(caution.state + caution.says, caution);
    return [...once.values()];
  }

  /** Each caution about the patient that all of `several` carry, with the rules by which any of `shown` does. */
  #carriedByAll(several, shown) {
    const [first, ...rest] = several;
    return new Map([...(first ?? new Map())].filter(([sentence]) => rest.every((texts) => texts.has(sentence))).map(([sentence, { state, says }]) => {
      const held = shown.flatMap((texts) => texts.get(sentence)?.held ?? []);
      return [sentence, { rules: uniqueOf(held.map((caution) => caution.rule)).sort(), effect: "caution", state, says,
        depends_on: uniqueOf(held.flatMap((caution) => caution.depends_on)).sort() }];
    }));
  }

  /** The cautions of an option that are about the patient, by state and words. */
  #bySentence(option) {
    const found = new Map();
    for (const held of option.cautions) {
      if (this.data.rules[held.rule].kind !== "patient") continue;
      const { state, says } = held;
      if (!found.has(state + says)) found.set(state + says, { state, says, held: [] });
      found.get(state + says).held.push(held);
    }
    return found;
  }

  #option(id) {
    const regimen = this.data.regimens[id], standing = this.standings[id];
    const withTruth = (ids, truth) => ids.filter((rule) => this.truths[rule] === truth);
    let rules = standing === "not-indicated" ? [] : withTruth(regimen.offers, TRUE);
    if (!rules.length && standing !== "not-indicated") rules = withTruth(regimen.offers, UNKNOWN);
    const across = (key) => uniqueOf(rules.flatMap((rule) => this.data.rules[rule][key]));
    const studies = across("studies"), known = studies.map((study) => this.data.studies[study]);
    const level = known.map((study) => study.design_level).reduce(
      (best, design) => (best && (best.ocebm_2011 ?? 9) <= (design.ocebm_2011 ?? 9) ? best : design), null);
    const benefits = known.map((study) => study.shown_benefit).filter((benefit) => benefit !== null);
    return {
      regimen: id,
      name: regimen.name,
      drugs: regimen.drugs,
      standing,
      setting: across("setting"),
      says: rules.map((rule) => this.data.rules[rule].says),
      rules,
      markers: this.#markers(rules),
      studies,
      design_level: level ?? { basis: say("glance.no_study") },
      shown_benefit: BENEFITS.find((benefit) => benefits.includes(benefit)) ?? null,
      approvals: across("approvals"),
      schedule: regimen.schedule,
      harm: standing === "not-indicated" ? [] : regimen.harm,
      cautions: standing === "not-indicated" ? [] : this.#cautions([...regimen.cautions, ...regimen.measures]),
      reasons: this.#reasons(standing, regimen),
    };
  }

  /** The markers of this tumour that rules ask for; those it may have where it surely has none of them. */
  #markers(rules) {
    const tests = uniqueOf(rules.flatMap((rule) => this.engine.markers[rule]));
    const testsThatAre = (truth) => tests.filter((test) => this.judge(test) === truth).map((test) => test.says);
    return testsThatAre(TRUE).length ? testsThatAre(TRUE) : testsThatAre(UNKNOWN);
  }

  /** The cautions that hold or are open; open ones that warn of the same are one caution. */
  #cautions(ids) {
    // What holds before what is open, what the patient has before what studies lack, sources before the rest.
    const weight = (id) => {
      const { kind, studies, basis } = this.data.rules[id];
      return 4 * Number(this.truths[id] === UNKNOWN) + 2 * Number(kind === "patient" && studies.length > 0) + Number(basis !== "review");
    };
    const holding = ids.filter((id) => this.truths[id] !== FALSE).sort((left, right) => weight(left) - weight(right));
    const seen = new Map();
    for (const held of holding.map((id) => this.#warned(id))) {
      const key = held.state === "open" ? `${consequence(held.says)} ${this.data.rules[held.rule].basis}` : held.rule;
      seen.set(key, [...(seen.get(key) ?? []), held]);
    }
    return [...seen.values()].map((several) => several.length === 1 ? several[0] : this.#asOne(several));
  }

  /** Cautions that warn of the same: whatever their order, the first of them by its id speaks for all. */
  #asOne(cautions) {
    const several = [...cautions].sort((left, right) => (left.rule < right.rule ? -1 : 1));
    return { ...several[0], says: ifAny(several.map((held) => held.says)), depends_on: uniqueOf(several.flatMap((held) => held.depends_on)).sort() };
  }

  #statements(effect, truths) {
    const rules = Object.values(this.data.rules).filter((rule) => rule.effect === effect && truths.includes(this.truths[rule.id]));
    return rules.map((rule) => this.#held(rule.id));
  }

  /** A standard with what speaks against its drugs in this patient, or as that of others. */
  #standard(standard) {
    const rule = this.data.rules[standard.rule];
    if (rule.gives_way_to.some((id) => this.truths[id] === TRUE)) return { ...standard, state: "of others", depends_on: [], cautions: [] };
    const holding = standard.state === "open" ? [] : rule.cautions.filter((id) => this.truths[id] === TRUE);
    return { ...standard, cautions: this.#cautions(holding) };
  }

  /** A caution with its sentence: a condition where it is not known to hold. */
  #warned(id) {
    const held = this.#held(id);
    return { ...held, says: this.sentence(id, held.state === "open") };
  }

  /** What a rule says of a patient for whom it holds, or for whom it is open: then what is open of it. */
  sentence(id, isOpen) {
    const sentence = this.engine.open[id];
    if (!isOpen || !sentence) return this.data.rules[id].says;
    const { pieces, besides, consequence } = sentence, waits = ({ about }) => this.judge(about) === UNKNOWN;
    const parts = [pieces.filter((piece) => piece.about === null || waits(piece)), besides.filter(waits), pieces].find((found) => found.length);
    return say("caution.if_any", { conditions: listedWords(parts.map(({ says }) => says)), consequence });
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

  /** The open questions about the facts that leave a rule open; many options share a caution. */
  waitsFor(id) {
    if (!this.waiting.has(id)) this.waiting.set(id, this.#openQuestions(id));
    return this.waiting.get(id);
  }

  #openQuestions(id) {
    const about = new Set(unknownAtoms(this.engine.rules[id], this.judge).map((atom) => atom.fact));
    this.open ??= [...this.solver.questions(this.patient).keys()];
    return this.open.filter((key) => [...about].some((fact) => this.solver.bearsOn(key, fact)));
  }

  /** For each undetermined regimen the questions it waits for. */
  dependsOn() {
    this.waits ??= this.#dependsOn();
    return this.waits;
  }

  #dependsOn() {
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
    const asked = new Map(questionsFor(this.patient, this.solver, this.standings, this.cautions).map((question) => [question.question, question]));
    for (const key of Object.values(waits).flat().flatMap(([, keys]) => keys)) {
      const fact = this.engine.facts[key];
      if (fact && !asked.has(key)) asked.set(key, { question: key, asks: fact.question, settles: [], answers: [] });
    }
    const found = [...asked.entries()].map(([key, question]) => ({ ...question,
      ...Object.fromEntries(Object.entries(waits).map(([part, waiting]) => [part, waiting.filter(([, keys]) => keys.includes(key)).map(([name]) => name)])) }));
    const decided = (question) => question.standards.length + question.options.length + question.evidence.length;
    return found.sort((left, right) => decided(right) - decided(left));
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
  return (option, rival) => {
    const [left, right] = [rank(option), rank(rival)];
    const place = left.findIndex((part, index) => part !== right[index]);
    if (place >= 0) return left[place] - right[place];
    return option.name < rival.name ? -1 : option.name > rival.name ? 1 : 0;
  };
}

function unknownAtoms(node, judge) {
  if (judge(node) !== UNKNOWN) return [];
  return node.kind === "atom" ? [node.atom] : node.parts.flatMap((part) => unknownAtoms(part, judge));
}

/** The conditions and the consequence of a warning that is worded as the catalogue words one: `If ...: ...`. */
function conditional(sentence) {
  const worded = say("caution.if_any", { conditions: "<1>", consequence: "<2>" }).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = worded.replace("<1>", "(?<conditions>.+?)").replace("<2>", "(?<consequence>.*)");
  return new RegExp(`^${pattern}$`, "s").exec(sentence)?.groups;
}

/** The warning of a sentence `If ...: ...` without its condition. */
const consequence = (sentence) => conditional(sentence)?.consequence ?? sentence;

/** Sentences `If ...: ...` with the same warning as one; the words that all conditions begin with come once. */
function ifAny(sentences) {
  const found = uniqueOf(sentences);
  if (found.length === 1) return found[0];
  const warning = consequence(found[0]), conditions = found.flatMap((sentence) => conditional(sentence) ?? []).map((parts) => parts.conditions.split(" "));
  if (conditions.length < found.length) return warning;
  let shared = 0;
  while (conditions.every((words) => shared < words.length - 1 && words[shared] === conditions[0][shared])) shared += 1;
  const rest = listedWords(conditions.map((words) => words.slice(shared).join(" ")), "or");
  return say("caution.if_any", { conditions: [...conditions[0].slice(0, shared), rest].join(" "), consequence: warning });
}
