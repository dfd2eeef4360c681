"use strict";
// A small solver of propositional clauses: two watched literals, learning from conflicts, assumptions, restarts; it
// decides first what conflicts were about last (VSIDS), or proofs over unknown histories would not end.
// Literals are whole numbers other than 0; the opposite of x is -x. Between two questions it keeps what it learnt,
// and the assumptions that both begin with.

const RESTART = 100; // conflicts before the first restart
const DECAY = 0.95;

class Sat {
  constructor(variables, clauses) {
    this.size = variables + 1;
    this.value = new Int8Array(this.size); // 1 true, -1 false, 0 open
    this.phase = new Int8Array(this.size).fill(-1); // what a variable was last; at first most things are not so
    this.level = new Int32Array(this.size);
    this.reason = new Array(this.size).fill(null);
    this.watchers = Array.from({ length: 2 * this.size }, () => []);
    this.trail = [];
    this.limits = []; // how long the trail was when each level began
    this.assumed = [];
    this.head = 0;
    this.activity = new Float64Array(this.size); // how often, and how lately, conflicts were about a variable
    this.step = 1;
    this.heap = []; // the open variables, the most active first; it may hold others too
    this.place = new Int32Array(this.size).fill(-1);
    for (let variable = 1; variable < this.size; variable++) this.#push(variable);
    this.possible = true;
    for (const clause of clauses) this.add(clause);
  }

  /** One more clause. */
  add(literals) {
    this.#back(0);
    this.assumed = [];
    const clause = [...new Set(literals)];
    if (clause.some((literal) => clause.includes(-literal) || this.#truth(literal) === 1)) return;
    const open = clause.filter((literal) => this.#truth(literal) === 0);
    if (open.length === 0) this.possible = false;
    else if (open.length === 1) {
      this.#assign(open[0], null);
      if (this.#propagate()) this.possible = false;
    } else this.#watch(open);
  }

  /** Room for one more variable; its number. */
  variable() {
    const grown = (Kind, old) => {
      const array = new Kind(2 * this.size);
      array.set(old);
      return array;
    };
    if (this.size === this.value.length) {
      this.value = grown(Int8Array, this.value);
      this.level = grown(Int32Array, this.level);
      this.phase = grown(Int8Array, this.phase).fill(-1, this.size);
      this.activity = grown(Float64Array, this.activity);
      this.place = grown(Int32Array, this.place).fill(-1, this.size);
    }
    this.reason.push(null);
    this.watchers.push([], []);
    this.#push(this.size);
    return this.size++;
  }

  /** Whether all clauses and all assumed literals can be true together; an answer makes many of the `preferred` true too. */
  can(assumptions, preferred = []) {
    if (!this.possible) return false;
    let agreeing = 0, tried = 0;
    while (agreeing < this.assumed.length && this.assumed[agreeing] === assumptions[agreeing]) agreeing++;
    this.#back(Math.min(agreeing, this.limits.length));
    this.assumed = assumptions.slice();
    for (let conflicts = 0, restart = RESTART; ;) {
      const conflict = this.#propagate();
      if (conflict) {
        if (this.limits.length === 0) return (this.possible = false);
        this.#learn(conflict);
        tried = 0;
        if (++conflicts === restart) {
          this.#back(0);
          conflicts = 0;
          restart *= 1.5;
          restart = Math.ceil(restart);
        }
        continue;
      }
      if (this.limits.length < assumptions.length) {
        const literal = assumptions[this.limits.length];
        if (this.#truth(literal) === -1) return false;
        this.limits.push(this.trail.length);
        if (this.#truth(literal) === 0) this.#assign(literal, null);
        continue;
      }
      while (tried < preferred.length && this.#truth(preferred[tried]) !== 0) tried++;
      const next = preferred[tried] ?? this.#undecided();
      if (!next) return true;
      this.limits.push(this.trail.length);
      this.#assign(next, null);
    }
  }

  /** The answer last found, as a function from a literal to whether it holds; null where there is none. */
  model(assumptions, preferred = []) {
    if (!this.can(assumptions, preferred)) return null;
    const value = this.value.slice(0, this.size);
    return (literal) => (literal > 0 ? value[literal] === 1 : value[-literal] === -1);
  }

  /** The open variable that conflicts were most about, as it was last; 0 where none is open. */
  #undecided() {
    let next = this.#pop();
    while (next && this.value[next] !== 0) next = this.#pop();
    return next && this.phase[next] * next;
  }

  #truth(literal) {
    return literal > 0 ? this.value[literal] : -this.value[-literal];
  }

  #watch(clause) {
    this.#watched(clause[0]).push(clause);
    this.#watched(clause[1]).push(clause);
  }

  #watched(literal) {
    return this.watchers[literal > 0 ? 2 * literal : -2 * literal + 1];
  }

  #assign(literal, reason) {
    const variable = Math.abs(literal);
    this.value[variable] = literal > 0 ? 1 : -1;
    this.level[variable] = this.limits.length;
    this.reason[variable] = reason;
    this.trail.push(literal);
  }

  /** Draws all conclusions; the clause that can no longer be met, if there is one. */
  #propagate() {
    while (this.head < this.trail.length) {
      const wrong = -this.trail[this.head++];
      const watching = this.#watched(wrong);
      let kept = 0;
      for (let index = 0; index < watching.length; index++) {
        const clause = watching[index];
        if (clause[0] === wrong) {
          clause[0] = clause[1];
          clause[1] = wrong;
        }
        if (this.#truth(clause[0]) === 1) {
          watching[kept++] = clause;
          continue;
        }
        let watched = 2;
        while (watched < clause.length && this.#truth(clause[watched]) === -1) watched++;
        if (watched < clause.length) {
          clause[1] = clause[watched];
          clause[watched] = wrong;
          this.#watched(clause[1]).push(clause);
          continue;
        }
        watching[kept++] = clause;
        if (this.#truth(clause[0]) === -1) {
          while (++index < watching.length) watching[kept++] = watching[index];
          watching.length = kept;
          return clause;
        }
        this.#assign(clause[0], clause);
      }
      watching.length = kept;
    }
    return null;
  }

  /** Goes back to where a clause learnt from the conflict settles something. */
  #learn(conflict) {
    const seen = new Set(), learnt = [0];
    let open = 0, position = this.trail.length, clause = conflict, literal = 0;
    do {
      for (const part of clause) {
        const variable = Math.abs(part);
        if (part === literal || seen.has(variable) || this.level[variable] === 0) continue;
        seen.add(variable);
        this.#bump(variable);
        if (this.level[variable] === this.limits.length) open++;
        else learnt.push(part);
      }
      do literal = this.trail[--position]; while (!seen.has(Math.abs(literal)));
      clause = this.reason[Math.abs(literal)];
    } while (--open > 0);
    learnt[0] = -literal;
    this.step /= DECAY;
    let level = 0;
    for (let index = 1; index < learnt.length; index++) {
      const deeper = this.level[Math.abs(learnt[index])];
      if (deeper <= level) continue;
      level = deeper;
      [learnt[1], learnt[index]] = [learnt[index], learnt[1]];
    }
    this.#back(level);
    if (learnt.length > 1) this.#watch(learnt);
    this.#assign(learnt[0], learnt.length > 1 ? learnt : null);
  }

  #back(level) {
    if (this.limits.length <= level) return;
    const length = this.limits[level];
    for (let index = this.trail.length - 1; index >= length; index--) {
      const variable = Math.abs(this.trail[index]);
      this.phase[variable] = this.value[variable];
      this.value[variable] = 0;
      this.reason[variable] = null;
      if (this.place[variable] < 0) this.#push(variable);
    }
    this.trail.length = length;
    this.limits.length = level;
    this.head = length;
  }

  // The heap of variables, by activity and then by number -------------------------------------------------------------

  #before(left, right) {
    return this.activity[left] > this.activity[right] || (this.activity[left] === this.activity[right] && left < right);
  }

  #put(variable, position) {
    this.heap[position] = variable;
    this.place[variable] = position;
  }

  #up(variable, position) {
    while (position > 0 && this.#before(variable, this.heap[(position - 1) >> 1])) {
      this.#put(this.heap[(position - 1) >> 1], position);
      position = (position - 1) >> 1;
    }
    this.#put(variable, position);
  }

  #push(variable) {
    this.heap.push(variable);
    this.#up(variable, this.heap.length - 1);
  }

  #pop() {
    const top = this.heap[0], last = this.heap.pop();
    if (top === undefined) return 0;
    this.place[top] = -1;
    if (last === top) return top;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && this.#before(this.heap[child + 1], this.heap[child])) child++;
      if (!this.#before(this.heap[child], last)) break;
      this.#put(this.heap[child], position);
      position = child;
    }
    this.#put(last, position);
    return top;
  }

  #bump(variable) {
    this.activity[variable] += this.step;
    if (this.activity[variable] > 1e100) {
      for (let variable = 1; variable < this.size; variable++) this.activity[variable] *= 1e-100;
      this.step *= 1e-100;
    }
    if (this.place[variable] >= 0) this.#up(variable, this.place[variable]);
  }
}
