"use strict";
// The evaluator: what is known of a patient in, the truth of every rule and the standing of every regimen out.
// It is one more engine, as those in Python, and must agree with them on every patient; a test holds it to that.
// A value is what a fact can still be: a choice {can}, a number {low, high, absent} or a set {must, may}, where
// words are bits. Facts are never changed in place.

const TRUE = "true";
const FALSE = "false";
const UNKNOWN = "unknown";
const OPPOSITE = { [TRUE]: FALSE, [FALSE]: TRUE, [UNKNOWN]: UNKNOWN };
const OUTCOMES = ["progressed", "relapsed", "completed", "ongoing", "stopped-for-toxicity"];

class Contradiction extends Error {
  constructor(fact, axiom) {
    super(axiom ? axiom.says : say("profile_error.cannot_be_both", { fact }));
    this.fact = fact;
    this.axiom = axiom;
  }
}

// Values --------------------------------------------------------------------------------------------------------------

function sameValue(left, right) {
  if ("can" in left) return left.can === right.can;
  if ("must" in left) return left.must === right.must && left.may === right.may;
  return left.low === right.low && left.high === right.high && left.absent === right.absent;
}

const ABSENT = { low: 0, high: -1, absent: true };

/** What both values allow; null if they contradict each other. */
function meet(left, right) {
  if ("can" in left) {
    const can = left.can & right.can;
    return can ? { can } : null;
  }
  if ("must" in left) {
    const must = left.must | right.must, may = left.may & right.may;
    return must & ~may ? null : { must, may };
  }
  const low = Math.max(left.low, right.low), high = Math.min(left.high, right.high);
  const absent = left.absent && right.absent;
  if (low <= high) return { low, high, absent };
  return absent ? ABSENT : null;
}

function judgeAtom(atom, value) {
  if (atom.kind === "is") {
    const met = value.can & atom.mask;
    return met === value.can ? TRUE : met ? UNKNOWN : FALSE;
  }
  if (atom.kind === "includes") return value.must & atom.mask ? TRUE : value.may & atom.mask ? UNKNOWN : FALSE;
  if (value.low > value.high || value.high < atom.low || value.low > atom.high) return FALSE;
  return atom.low <= value.low && value.high <= atom.high && !value.absent ? TRUE : UNKNOWN;
}

/** The value without the possibilities that make the atom other than wanted; null if none is left. */
function keep(atom, value, wanted) {
  if (atom.kind === "is") {
    const can = wanted ? value.can & atom.mask : value.can & ~atom.mask;
    return can ? { can } : null;
  }
  if (atom.kind === "includes") {
    if (wanted) return value.may & atom.mask ? { must: value.must | atom.mask, may: value.may } : null;
    return value.must & atom.mask ? null : { must: value.must, may: value.may & ~atom.mask };
  }
  const low = Math.max(value.low, atom.low), high = Math.min(value.high, atom.high);
  if (wanted) return low <= high ? { low, high, absent: false } : null;
  if (low > high) return value;
  if (low === value.low && high === value.high) return value.absent ? ABSENT : null;
  if (low === value.low) return { low: high + 1, high: value.high, absent: value.absent };
  if (high === value.high) return { low: value.low, high: low - 1, absent: value.absent };
  return value; // a hole in the middle is no range
}

// The rulebook as it travels in the page ------------------------------------------------------------------------------

/** Facts, axioms, findings, rules and regimens of the exported rulebook, ready to judge. */
class Engine {
  constructor(data) {
    this.data = data;
    useCatalogue(data.catalogue);
    this.facts = {};
    for (const fact of data.facts) this.facts[fact.name] = this.#fact(fact);
    this.unknown = Object.fromEntries(Object.values(this.facts).map((fact) => [fact.name, fact.unknown]));
    this.axioms = data.axioms.map((axiom) => this.#axiom(axiom));
    this.readers = {};
    for (const name in this.facts) this.readers[name] = this.axioms.filter((axiom) => axiom.facts.has(name));
    this.nodes = 0;
    this.atoms = new Map();
    this.findings = {};
    this.own = {}; // the condition of each rule as it is written
    this.rules = {};
    this.conditions = {};
    for (const rule of Object.values(data.rules)) this.rules[rule.id] = this.effective(rule);
    this.markers = {}; // the tests of each rule that ask for a marker of the tumour
    for (const rule of Object.values(data.rules)) this.markers[rule.id] = rule.asks_for.markers.map((test) => this.condition(test));
    this.open = {}; // what the sentence of each caution that waits is about, part by part
    for (const { id, if_open: open } of Object.values(data.rules)) if (open) this.open[id] = this.#openSentence(open);
    for (const [id, regimen] of Object.entries(data.regimens)) {
      const anyOf = (ids) => this.#node({ kind: "any", parts: ids.map((rule) => this.rules[rule]) });
      const [offer, exclusion, caution] = [regimen.offers, regimen.exclusions, regimen.cautions].map(anyOf);
      const not = this.#node({ kind: "not", parts: [exclusion] });
      const offered = this.#node({ kind: "all", parts: [offer, not] });
      this.conditions[id] = { offer, exclusion, caution, offered };
    }
    this.changes = data.changes.map((change) => ({ ...change,
      withdrawn: change.withdrawn.map(({ regimens, when: written }) => ({ regimens, node: this.condition(written) })) }));
  }

  #openSentence({ pieces, besides, consequence }) {
    const compiled = pieces.map(({ says, about }) => ({ says, about: about && this.condition(about) }));
    return { pieces: compiled, besides: besides.map((part) => ({ says: part.says, about: this.condition(part) })), consequence };
  }

  #fact(fact) {
    const words = fact.kind === "set" ? [...fact.members, fact.empty] : fact.domain ?? [];
    const bit = new Map(words.map((word, index) => [word, 1n << BigInt(index)]));
    const whole = (1n << BigInt(words.length)) - 1n;
    const mask = (chosen) => chosen.reduce((sum, word) => sum | bit.get(word), 0n);
    const read = { ...fact, words, bit, mask };
    read.unknown = fact.kind === "choice" ? { can: whole }
      : fact.kind === "set" ? { must: 0n, may: whole } : { low: fact.low, high: fact.high, absent: fact.optional };
    if (fact.kind === "set") {
      read.emptyBit = bit.get(fact.empty);
      read.groupMasks = Object.entries(fact.groups).map(([group, members]) => [bit.get(group), mask(members)]);
    }
    return read;
  }

  #atom(written) {
    const kind = ["is", "between", "includes"].find((word) => word in written);
    const test = written[kind], fact = this.facts[test.fact];
    if (kind === "is") return { kind, fact: test.fact, mask: fact.mask(test.values) };
    if (kind === "includes") return { kind, fact: test.fact, mask: fact.bit.get(test.member), member: test.member };
    return { kind, fact: test.fact, low: test.low, high: test.high };
  }

  #axiom(written) {
    const literals = (listed) => listed.map((literal) => ({ atom: this.#atom(literal), wanted: literal.wanted }));
    const read = written.any
      ? { says: written.says, any: literals(written.any) }
      : { ...written, given: literals(written.given) };
    const atoms = (read.any ?? read.given).map((literal) => literal.atom.fact);
    read.facts = new Set([...atoms, ...(read.part ? [read.part, ...read.wholes] : [])]);
    return read;
  }

  #node(node) {
    node.id = this.nodes++;
    return node;
  }

  /** A condition as it is written in the data, compiled. */
  condition(written) {
    const { says } = written;
    if ("all" in written || "any" in written) {
      const kind = "all" in written ? "all" : "any";
      return this.#node({ kind, says, parts: written[kind].map((part) => this.condition(part)) });
    }
    if ("not" in written) return this.#node({ kind: "not", says, parts: [this.condition(written.not)] });
    if ("finding" in written) {
      const name = written.finding;
      this.findings[name] ??= this.condition(this.data.findings[name].when);
      return this.#node({ kind: "finding", name, says, parts: [this.findings[name]] });
    }
    const key = JSON.stringify(written);
    if (!this.atoms.has(key)) this.atoms.set(key, this.#node({ kind: "atom", says, parts: [], atom: this.#atom(written) }));
    return this.atoms.get(key);
  }

  /** The condition under which a rule counts: its own, and none of the rules that override it. */
  effective(rule) {
    const condition = (this.own[rule.id] ??= this.condition(rule.when));
    if (!rule.overridden_by.length) return condition;
    const exceptions = rule.overridden_by.map((id) => {
      const overriding = this.effective(this.data.rules[id]);
      return this.#node({ kind: "not", says: say("page_answer.no_case_of", { rule: id }), parts: [overriding] });
    });
    return this.#node({ kind: "all", parts: [condition, ...exceptions] });
  }

  // Narrowing: what follows from what is known ------------------------------------------------------------------------

  close(fact, value) {
    let { must, may } = value;
    for (;;) {
      const mustBefore = must, mayBefore = may;
      for (const [group, members] of fact.groupMasks) {
        if (must & members) must |= group;
        /** @type {any} a bigint, which an operator with an unknown type hides */
        const left = may & members;
        if (!(may & group)) may &= ~members;
        else if (!left) may &= ~group;
        else if (must & group && !(left & (left - 1n))) must |= left;
      }
      if (must & fact.emptyBit) may &= fact.emptyBit;
      else if (must) may &= ~fact.emptyBit;
      if (may === fact.emptyBit || (!(may & fact.emptyBit) && !(may & (may - 1n)))) must = may;
      if (must & ~may || !may) return null;
      if (must === mustBefore && may === mayBefore) return { must, may };
    }
  }

  /** The facts of a patient: what is known, as [fact, value] pairs, and all that follows. Throws Contradiction. */
  narrow(known, start = this.unknown) {
    const facts = { ...start };
    const queue = [];
    const learn = (name, value, axiom) => {
      const before = facts[name];
      let after = value && meet(before, value);
      if (after && "must" in after) after = this.close(this.facts[name], after);
      if (!after) throw new Contradiction(name, axiom);
      if (sameValue(before, after)) return;
      facts[name] = after;
      queue.push(...this.readers[name]);
    };
    for (const [name, value] of known) learn(name, value, null);
    for (let next = 0; next < queue.length; next++) {
      const axiom = queue[next];
      const found = axiom.any ? this.#ofClause(axiom, facts) : this.#ofContainment(axiom, facts);
      for (const [name, value] of found) learn(name, value, axiom);
    }
    return facts;
  }

  #literal(literal, facts) {
    const truth = judgeAtom(literal.atom, facts[literal.atom.fact]);
    return literal.wanted ? truth : OPPOSITE[truth];
  }

  #ofClause(axiom, facts) {
    let open = null;
    for (const literal of axiom.any) {
      const truth = this.#literal(literal, facts);
      if (truth === TRUE) return [];
      if (truth !== UNKNOWN) continue;
      if (open) return [];
      open = literal;
    }
    if (!open) return [[axiom.any[0].atom.fact, null]];
    return [[open.atom.fact, keep(open.atom, facts[open.atom.fact], open.wanted)]];
  }

  #ofContainment(axiom, facts) {
    const undecided = [];
    for (const literal of axiom.given) {
      const truth = this.#literal(literal, facts);
      if (truth === FALSE) return [];
      if (truth === UNKNOWN) undecided.push(literal);
    }
    const part = facts[axiom.part], empty = this.facts[axiom.part].emptyBit;
    const wholes = axiom.wholes.map((name) => facts[name]);
    const reach = wholes.reduce((sum, whole) => sum | whole.may, empty);
    const broken = part.must & ~reach;
    if (undecided.length) {
      if (undecided.length > 1 || !broken) return [];
      const [{ atom, wanted }] = undecided;
      return [[atom.fact, keep(atom, facts[atom.fact], !wanted)]];
    }
    if (broken) return [[axiom.part, null]];
    const found = [[axiom.part, { must: part.must, may: part.may & reach }]];
    axiom.wholes.forEach((name, index) => {
      const rest = wholes.reduce((sum, whole, place) => (place === index ? sum : sum | whole.may), 0n);
      const forced = part.must & ~rest & ~empty;
      if (forced & ~wholes[index].must) found.push([name, { must: wholes[index].must | forced, may: wholes[index].may }]);
    });
    return found;
  }

  // Judging -----------------------------------------------------------------------------------------------------------

  /** A function from a condition to its truth for these facts; a condition asked twice is judged once. */
  judge(facts) {
    const seen = new Array(this.nodes);
    const truth = (node) => (seen[node.id] ??= judged(node));
    const judged = (node) => {
      if (node.kind === "atom") return judgeAtom(node.atom, facts[node.atom.fact]);
      if (node.kind === "finding") return truth(node.parts[0]);
      if (node.kind === "not") return OPPOSITE[truth(node.parts[0])];
      const decisive = node.kind === "all" ? FALSE : TRUE;
      let result = OPPOSITE[decisive];
      for (const part of node.parts) {
        const value = truth(part);
        if (value === decisive) return decisive;
        if (value === UNKNOWN) result = UNKNOWN;
      }
      return result;
    };
    return truth;
  }
}

/** The table of three truths; the exact standing may settle undetermined and excluded further. */
function standingOf(offer, exclusion, caution) {
  if (offer === FALSE) return "not-indicated";
  if (exclusion === TRUE) return "excluded";
  if (offer === TRUE && exclusion === FALSE) return caution === TRUE ? "offered-with-caution" : "offered";
  return "undetermined";
}
