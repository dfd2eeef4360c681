"use strict";
// The quiz: sort regimens for a patient; marked here with the answer key that travels with the questions.

class Quiz {
  constructor(page) {
    this.page = page;
    this.quizzes = page.data.quiz;
    this.begin(this.quizzes[Math.min(1, this.quizzes.length - 1)]);
  }

  begin(quiz) {
    this.quiz = quiz;
    this.at = 0;
    this.given = {};
    this.marked = new Map();
  }

  get question() {
    return this.quiz.questions[this.at];
  }

  view() {
    const { quiz, question } = this, marked = this.marked.get(question.number), groups = [...quiz.asks, "not-indicated"];
    const levels = this.quizzes.map((one) => h("option", { value: one.level, selected: one === quiz }, `level ${one.level}`));
    const choose = (event) => {
      this.begin(this.quizzes.find((one) => one.level === Number(event.target.value)));
      this.page.render();
      document.getElementById("quiz-level").focus();
    };
    const sum = (key) => [...this.marked.values()].reduce((total, one) => total + one[key], 0);
    return h("div", { class: "quiz" },
      h("h2", { id: "quiz-title", tabindex: "-1" }, `Quiz, question ${question.number} of ${quiz.questions.length}`),
      h("p", { class: "bar" }, h("label", { for: "quiz-level" }, "Level"), h("select", { id: "quiz-level", onchange: choose }, levels), h("span", { id: "quiz-score" }, sum("of") ? `${sum("right")} of ${sum("of")} right so far` : "")),
      question.difference ? h("p", {}, h("strong", {}, `The patient of question ${question.like}, but with one difference: `), `${question.difference}.`) : null,
      h("ul", {}, question.known.map((words) => h("li", {}, words)), question.unknown.length ? h("li", {}, h("strong", {}, "not known: "), listedWords(question.unknown)) : null),
      h("p", {}, "Where does each regimen belong?"),
      h("dl", { class: "quiet" }, groups.map((group) => h("div", {}, h("dt", {}, h("strong", {}, standingWords(group))), h("dd", {}, this.page.data.groups[group])))),
      question.choices.map((choice) => (marked ? this.#mark(choice, marked) : this.#choice(choice, groups))),
      marked ? question.standards.map((words) => h("p", {}, words)) : null,
      marked && question.contrast ? this.#contrast(question.contrast) : null,
      h("p", { class: "bar" },
        marked ? null : h("button", { type: "button", id: "quiz-check", onclick: () => this.#check() }, "Check"),
        h("button", { type: "button", id: "quiz-next", onclick: () => this.#next() }, "Next question"),
        h("button", { type: "button", id: "quiz-open", onclick: () => this.#open() }, "Look at this patient")));
  }

  #choice({ regimen, name }, groups) {
    const id = `quiz-${regimen}`, given = this.given[regimen] ?? "";
    const options = [["", "choose ..."], ...groups.map((group) => [group, standingWords(group)])];
    const control = h("select", { id, onchange: (event) => (this.given[regimen] = event.target.value) }, options.map(([value, words]) => h("option", { value, selected: value === given }, words)));
    return h("div", { class: "field", "data-choice": regimen }, h("label", { for: id }, name), control);
  }

  /** What was answered, where the regimen belongs, and each deciding rule with its conditions to unfold. */
  #mark({ regimen, name }, { given, advice }) {
    const { group, waits_for: waits, because } = this.question.answers[regimen], isRight = given[regimen] === group;
    const words = isRight ? "Right: " : given[regimen] ? `Wrong (${standingWords(given[regimen])}): ` : "Not answered: ";
    return h("div", { class: "marked", "data-choice": regimen },
      h("h3", {}, name),
      h("p", {}, h("span", { class: isRight ? "right" : "wrong" }, words), h("strong", {}, standingWords(group)), `${waits ? `, for ${waits}` : ""}.`),
      because.map(({ rule, words: why }) => disclosure({ class: "argument" }, why, () => ruleTree(rule, advice))));
  }

  #contrast({ words, profile }) {
    const compare = () => {
      this.page.kept = this.question.profile;
      this.page.view = "compare";
      this.page.begin(profile, "Before: the patient of the question. Now: the one with the difference.");
    };
    return h("div", { class: "contrast" }, h("p", {}, words), h("p", { class: "bar" }, h("button", { type: "button", id: "quiz-compare", onclick: compare }, "See both side by side")));
  }

  #check() {
    const { question, given } = this, { advice } = this.page.judge(question.profile), of = question.choices.length;
    const right = question.choices.filter(({ regimen }) => given[regimen] === question.answers[regimen].group).length;
    this.marked.set(question.number, { given, advice, right, of });
    this.#show();
    this.page.say(`${right} of ${of} right.`);
  }

  #next() {
    this.at = (this.at + 1) % this.quiz.questions.length;
    this.given = {};
    if (this.at === 0) this.marked.clear();
    this.#show();
  }

  #show() {
    this.page.render();
    document.getElementById("quiz-title").focus();
  }

  #open() {
    this.page.view = "options";
    this.page.begin(this.question.profile, `The patient of question ${this.question.number}.`);
  }
}
