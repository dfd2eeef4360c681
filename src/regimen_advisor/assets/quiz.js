"use strict";
// The quiz: sort regimens for a patient; marked here by the same rules, with the rule that decides.

/** The group of a standing; below level 3 a caution is not told apart. */
function groupOf(standing, level) {
  const group = standing === "undetermined" ? "waiting" : standing;
  return group === "offered-with-caution" && level < 3 ? "offered" : group;
}

/** The rules that decide where a regimen belongs: those met or open, and for one not indicated the nearest. */
function decidingRules(option, advice) {
  const { data, engine, judge } = advice.advisor;
  const ofState = (...states) => option.reasons.filter((reason) => states.includes(reason.state)).map((reason) => reason.rule);
  if (option.standing === "excluded") return ofState("met").filter((id) => data.rules[id].effect === "exclude");
  if (option.standing === "undetermined") return ofState("met", "unknown");
  if (option.standing !== "not-indicated") return [...option.rules, ...option.cautions.filter((held) => held.state === "holds").map((held) => held.rule)];
  const failing = (id) => partsOf(engine.rules[id]).filter((part) => judge(part) === FALSE).length;
  return ofState("not met").sort((one, other) => failing(one) - failing(other)).slice(0, 1);
}

class Quiz {
  constructor(page) {
    this.page = page;
    this.quizzes = page.data.quiz;
    this.begin(this.quizzes[Math.min(1, this.quizzes.length - 1)]);
  }

  begin(quiz) {
    Object.assign(this, { quiz, at: 0, given: {}, score: new Map() });
  }

  get question() {
    return this.quiz.questions[this.at];
  }

  view() {
    const { quiz, question } = this, levels = this.quizzes.map((one) => h("option", { value: one.level, selected: one === quiz }, `level ${one.level}`));
    const choose = (event) => {
      this.begin(this.quizzes.find((one) => one.level === Number(event.target.value)));
      this.page.render();
      document.getElementById("quiz-level").focus();
    };
    const marked = this.score.get(question.number), groups = [...quiz.asks, "not-indicated"];
    const right = [...this.score.values()].reduce((sum, one) => sum + one.right, 0), of = [...this.score.values()].reduce((sum, one) => sum + one.of, 0);
    return h("div", { class: "quiz" },
      h("h2", {}, `Quiz, question ${question.number} of ${quiz.questions.length}`),
      h("p", { class: "bar" }, h("label", { for: "quiz-level" }, "Level"), h("select", { id: "quiz-level", onchange: choose }, levels), h("span", { id: "quiz-score" }, of ? `${right} of ${of} right so far` : "")),
      question.difference ? h("p", {}, h("strong", {}, `As the patient of question ${question.like}, but: `), question.difference) : null,
      h("ul", {}, question.known.map((words) => h("li", {}, words)), question.unknown.length ? h("li", {}, h("strong", {}, "Not known: "), question.unknown.join(", ")) : null),
      h("p", {}, "Where does each regimen belong?"),
      h("dl", { class: "quiet" }, groups.map((group) => h("div", {}, h("dt", {}, h("strong", {}, group)), h("dd", {}, this.page.data.groups[group])))),
      question.choices.map((choice) => this.#choice(choice, groups, marked)),
      h("p", { class: "bar" },
        h("button", { type: "button", id: "quiz-check", onclick: () => this.#check() }, "Check"),
        h("button", { type: "button", id: "quiz-next", onclick: () => this.#next() }, "Next question"),
        h("button", { type: "button", id: "quiz-open", onclick: () => this.#open() }, "Look at this patient")));
  }

  #choice({ regimen, name }, groups, marked) {
    const id = `quiz-${regimen}`, given = this.given[regimen] ?? "";
    const options = [["", "choose ..."], ...groups.map((group) => [group, group])];
    const control = h("select", { id, onchange: (event) => (this.given[regimen] = event.target.value) }, options.map(([value, words]) => h("option", { value, selected: value === given }, words)));
    return h("div", { class: "field", "data-choice": regimen }, h("label", { for: id }, name), control, marked ? this.#mark(marked.points.get(regimen), marked.advice) : null);
  }

  #mark({ option, group, isRight, given }, advice) {
    const words = isRight ? "Right: " : given ? `Not ${given}: ` : "Not answered: ";
    return h("div", { class: "marked" }, h("p", {}, h("span", { class: isRight ? "right" : "wrong" }, words), group),
      decidingRules(option, advice).map((id) => argument(id, advice)));
  }

  #check() {
    const { question, quiz } = this, { advice } = this.page.judge(question.profile), points = new Map();
    for (const { regimen } of question.choices) {
      const option = advice.options.find((one) => one.regimen === regimen), group = groupOf(option.standing, quiz.level), given = this.given[regimen] ?? "";
      points.set(regimen, { option, group, given, isRight: group === given });
    }
    const right = [...points.values()].filter((point) => point.isRight).length;
    this.score.set(question.number, { points, advice, right, of: points.size });
    this.page.render();
    document.getElementById("quiz-check").focus();
    this.page.say(`${right} of ${points.size} right.`);
  }

  #next() {
    this.at = (this.at + 1) % this.quiz.questions.length;
    this.given = {};
    if (this.at === 0) this.score.clear();
    this.page.render();
    document.getElementById("quiz-check").focus();
  }

  #open() {
    this.page.view = "options";
    this.page.begin(this.question.profile, `The patient of question ${this.question.number}.`);
  }
}
