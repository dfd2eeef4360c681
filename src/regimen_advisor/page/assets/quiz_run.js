"use strict";
// One go at some questions: what was answered, what is marked, and how to write that into the address.

const LETTERS = "abcdefgh";

/** Numbers from 0 to 1 that a seed decides, the same in every browser (mulberry32). */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(items, throwDice) {
  const rest = [...items], found = [];
  while (rest.length) found.push(...rest.splice(Math.floor(throwDice() * rest.length), 1));
  return found;
}

/** The questions of a setting (all of them for "") and level; those of this very level and easier ones by turns. */
function chosenQuestions(pool, { setting, level, count, seed }) {
  const throwDice = dice(seed * 8 + level), fitting = pool.filter((question) => (!setting || question.setting === setting) && question.level <= level);
  const ofLevel = shuffled(fitting.filter((question) => question.level === level), throwDice), easier = shuffled(fitting.filter((question) => question.level < level), throwDice);
  const found = [];
  while (found.length < count && ofLevel.length + easier.length) {
    const next = found.length % 2 ? easier.shift() ?? ofLevel.shift() : ofLevel.shift() ?? easier.shift();
    found.push(next);
  }
  return found;
}

/** What a question asks, one thing after the other: regimens to sort, or answers to pick. */
function quizParts(question, groups) {
  if (question.picks) {
    return question.picks.map((pick, index) => ({ id: `pick-${index + 1}`, name: pick.asks, answers: pick.answers, right: pick.right, waits: "", because: [], words: pick.words, rules: pick.rules }));
  }
  return question.sort.map((item) => ({ id: item.regimen, name: item.name, answers: groups, right: groups.indexOf(item.group), waits: item.waits_for, because: item.because, rules: item.because.map(({ rule }) => rule) }));
}

class QuizRun {
  /** `numbers` are the numbers of the questions as a person sees them. */
  constructor(questions, numbers, groups) {
    this.questions = questions;
    this.numbers = numbers;
    this.groups = groups;
    this.parts = questions.map((question) => quizParts(question, groups));
    this.position = 0;
    this.given = this.parts.map((parts) => parts.map(() => null));
    this.marked = new Set();
    this.shown = new Set(); // answers that were shown without an answer of the person
  }

  get isOver() {
    return this.position >= this.questions.length;
  }

  isRight(question, part) {
    return this.given[question][part] === this.parts[question][part].right;
  }

  /** Points won and that could be won, of some questions. */
  score(questions = this.questions.map((_, index) => index)) {
    let right = 0, points = 0;
    for (const question of questions) {
      points += this.parts[question].length;
      if (this.marked.has(question)) right += this.parts[question].filter((_, part) => this.isRight(question, part)).length;
    }
    return { right, points };
  }

  /** The questions of which something was answered wrong, or nothing was. */
  get missed() {
    return this.questions.map((_, index) => index).filter((index) => !this.marked.has(index) || this.score([index]).right < this.parts[index].length);
  }

  encode() {
    const answers = this.given.map((given, index) => given.map((answer) => answer ?? "-").join("") + (this.marked.has(index) ? "!" : this.shown.has(index) ? "." : ""));
    return `${this.position}*${answers.join("_")}`;
  }

  /** Takes up what was written by `encode`; false for what does not fit these questions. */
  decode(text) {
    const [position, answers] = text.split("*"), answerTexts = (answers ?? "").split("_");
    if (!/^\d{1,2}$/.test(position) || Number(position) > this.questions.length || answerTexts.length !== this.questions.length) return false;
    for (const [index, written] of answerTexts.entries()) {
      const [, given, end] = /^([\d-]*)([!.]?)$/.exec(written) ?? [], parts = this.parts[index];
      if (given === undefined || given.length !== parts.length || [...given].some((answer, part) => answer !== "-" && Number(answer) >= parts[part].answers.length)) return false;
      if (end === "!" && given.includes("-")) return false;
      this.given[index] = [...given].map((answer) => (answer === "-" ? null : Number(answer)));
      if (end === "!") this.marked.add(index);
      if (end === ".") this.shown.add(index);
    }
    this.position = Number(position);
    return true;
  }

  /** The answers that were marked, as `quiz --answers` reads them. */
  answers() {
    const found = {};
    for (const index of this.marked) {
      const given = this.given[index], parts = this.parts[index];
      if (this.questions[index].picks) {
        found[this.numbers[index]] = { picks: given.map((answer) => LETTERS[answer]) };
      } else {
        const sorted = {};
        for (const [part, answer] of given.entries()) {
          const group = this.groups[answer];
          if (group !== "not-indicated") (sorted[group] ??= []).push(parts[part].id);
        }
        found[this.numbers[index]] = sorted;
      }
    }
    return found;
  }
}
