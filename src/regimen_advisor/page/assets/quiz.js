"use strict";
// The quiz: regimens to sort and answers to pick for a patient, marked here with the key that travels with the questions.

const MOST_ASKED = 20;
const FIRST_CHOICE = { setting: "", level: 2, count: 5, seed: 1 };

class Quiz {
  constructor(page) {
    this.page = page;
    this.data = page.data.quiz;
    this.chosen = this.data.chosen; // the one quiz of a page for a class
    this.begin(FIRST_CHOICE);
  }

  begin(choice) {
    this.choice = choice;
    const questions = this.chosen?.questions ?? chosenQuestions(this.data.pool, choice);
    this.level = this.chosen?.level ?? choice.level;
    this.main = this.#run(questions, questions.map((_, index) => index + 1));
    this.again = null; // the missed questions, tried once more
  }

  #run(questions, numbers) {
    return new QuizRun(questions, numbers, this.data.asks[this.level]);
  }

  get run() {
    return this.again?.run ?? this.main;
  }

  get question() {
    return this.run.questions[this.run.position];
  }

  // The address -------------------------------------------------------------------------------------------------------

  get isBegun() {
    return this.again || this.main.position || this.main.given.flat().some((answer) => answer !== null) || Object.keys(FIRST_CHOICE).some((key) => this.choice[key] !== FIRST_CHOICE[key]);
  }

  encode() {
    const { setting, level, count, seed } = this.choice, again = this.again ? `~${this.again.indexes.join(".")}~${this.again.run.encode()}` : "";
    return `${setting || "all"}~${level}~${count}~${seed}~${this.main.encode()}${again}`;
  }

  /** Takes up what was written by `encode`; what does not fit starts again, and false says so. */
  decode(text) {
    const [word, level, count, seed, main, indexes, again] = text.split("~"), setting = word === "all" ? "" : word;
    const choice = { setting, level: Number(level), count: Number(count), seed: Number(seed) };
    const isKnown = this.chosen || !setting || this.data.settings.some((known) => known.id === setting);
    const fits = isKnown && [1, 2, 3].includes(choice.level) && choice.count >= 1 && choice.count <= MOST_ASKED && /^\d{1,9}$/.test(seed ?? "");
    this.begin(fits ? choice : FIRST_CHOICE);
    if (!fits || !this.main.decode(main ?? "")) return this.#refused();
    if (indexes === undefined) return true;
    const wanted = indexes.split(".").map(Number);
    if (wanted.some((index) => !this.main.questions[index])) return this.#refused();
    this.#tryAgain(wanted);
    return this.again.run.decode(again ?? "") || this.#refused();
  }

  #refused() {
    this.begin(this.choice);
    return false;
  }

  // What is shown -----------------------------------------------------------------------------------------------------

  view() {
    return h("div", { class: "quiz" }, this.chosen ? h("p", { class: "lead" }, this.chosen.title) : this.#setup(), this.run.isOver ? resultView(this) : this.#asked());
  }

  /** Which questions: a person chooses, then starts; a seed gives the same questions to everyone. */
  #setup() {
    const { setting, level, count, seed } = this.choice, settings = [{ id: "", title: say("page_quiz.all_settings") }, ...this.data.settings];
    const select = (id, label, options, value) => [h("label", { for: id }, label), h("select", { id }, options.map(([option, words]) => h("option", { value: option, selected: option === value }, words)))];
    const number = (id, label, value, highest) => [h("label", { for: id }, label), h("input", { id, type: "number", min: 1, max: highest, value, required: true })];
    return h("form", { class: "bar setup", onsubmit: (event) => this.#start(event) },
      select("quiz-setting", say("page_quiz.setting"), settings.map((offered) => [offered.id, offered.title]), setting),
      select("quiz-level", say("page_quiz.level"), [1, 2, 3].map((step) => [step, say(`page_quiz.level_${step}`)]), level),
      number("quiz-count", say("page_quiz.questions"), count, MOST_ASKED), number("quiz-seed", say("page_quiz.seed"), seed, 999999999),
      h("button", { type: "submit", id: "quiz-start" }, say("page_quiz.new")));
  }

  #start(event) {
    event.preventDefault();
    const value = (id) => this.page.at(id).value;
    this.begin({ setting: value("quiz-setting"), level: Number(value("quiz-level")), count: Number(value("quiz-count")), seed: Number(value("quiz-seed")) });
    this.show();
    const found = this.main.questions.length;
    if (found < this.choice.count) this.page.say(say("page_quiz.too_few", { count: found }));
  }

  #asked() {
    const { run, question } = this, { position } = run, parts = run.parts[position], isOpen = run.marked.has(position) || run.shown.has(position);
    const marked = [...run.marked], { right, points } = run.score(marked);
    const advice = isOpen ? this.page.judge(question.after ?? question.profile).advice : null;
    const button = (id, words, act) => h("button", { type: "button", id, onclick: act }, words);
    return [
      h("h2", { id: "quiz-title", tabindex: "-1" }, this.again ? say("page_quiz.missed_question", { number: run.numbers[position] }) : say("page_quiz.question", { number: run.numbers[position], all: run.questions.length })),
      h("p", { id: "quiz-score", class: "quiet" }, marked.length ? say("page_quiz.right_so_far", { right, points }) : ""),
      question.difference ? h("p", {}, h("strong", {}, say("page_quiz.one_difference", { number: question.like })), `${question.difference}.`) : null,
      h("p", { class: "vignette" }, question.vignette),
      question.event ? h("p", { class: "event" }, h("strong", {}, say("page_quiz.then")), say("page_quiz.event", { event: question.event })) : null,
      question.sort ? [h("p", {}, say("page_quiz.where")), this.#meanings()] : null,
      parts.map((part, index) => (isOpen ? this.#mark(part, index, advice) : question.sort ? this.#sort(part, index) : this.#pick(part, index))),
      isOpen && question.sort ? question.standards.map((words) => h("p", {}, words)) : null,
      isOpen && question.changes ? h("p", { class: "changed-by-packs" }, question.changes) : null,
      isOpen && question.contrast ? this.#contrast(question.contrast) : null,
      h("p", { class: "bar" },
        isOpen ? null : button("quiz-check", say("page_quiz.check"), () => this.#check()),
        isOpen || !this.page.isProjected ? null : button("quiz-show", say("page_quiz.show"), () => this.#reveal()),
        position ? button("quiz-back", say("page_quiz.back"), () => this.#go(position - 1)) : null,
        button("quiz-next", position + 1 < run.questions.length ? say("page_quiz.next") : say("page_quiz.result"), () => this.#go(position + 1)),
        this.chosen ? null : button("quiz-open", say("page_quiz.look"), () => this.#open())),
    ];
  }

  #meanings() {
    return h("dl", { class: "quiet" }, this.run.groups.map((group) => h("div", {}, h("dt", {}, h("strong", {}, standingWords(group))), h("dd", {}, this.page.data.groups[group]))));
  }

  #give(part, answer) {
    this.run.given[this.run.position][part] = answer;
    this.page.keepQuiz();
  }

  #sort({ id, name, answers }, index) {
    const given = this.run.given[this.run.position][index], options = [["", say("page_quiz.choose")], ...answers.map((group, place) => [place, standingWords(group)])];
    const control = h("select", { id: `quiz-${id}`, onchange: ({ target }) => this.#give(index, target.value === "" ? null : Number(target.value)) }, options.map(([value, words]) => h("option", { value, selected: value === (given ?? "") }, words)));
    return h("div", { class: "field", "data-choice": id }, h("label", { for: `quiz-${id}` }, name), control);
  }

  #pick({ id, name, answers }, index) {
    const given = this.run.given[this.run.position][index];
    const choices = answers.map((words, place) => h("label", {}, h("input", { type: "radio", name: `quiz-${id}`, value: LETTERS[place], checked: place === given, onchange: () => this.#give(index, place) }), ` ${say("page_quiz.answer", { letter: LETTERS[place], answer: words })}`));
    return h("fieldset", { class: "pick", "data-choice": id, tabindex: "-1" }, h("legend", {}, name), choices);
  }

  /** What was answered, what is right, and each deciding rule with its conditions to unfold. */
  #mark(part, index, advice) {
    const { run } = this, given = run.given[run.position][index], isRight = given === part.right;
    const words = run.shown.has(run.position) ? "" : isRight ? say("page_quiz.right_lead") : say("page_quiz.wrong_lead", { answer: answerWords(part, given) });
    return h("div", { class: "marked", "data-choice": part.id },
      h("h3", {}, part.name),
      h("p", {}, words ? h("span", { class: isRight ? "right" : "wrong" }, words) : null, part.words ?? rightWords(part, h("strong", {}, answerWords(part, part.right)))),
      part.because.map(({ rule, words: title }) => disclosure({ class: "argument" }, title, () => ruleTree(rule, advice))));
  }

  #contrast({ words, profile }) {
    const compare = () => {
      this.page.kept = this.question.profile;
      this.page.view = "compare";
      this.page.begin(profile, say("page_quiz.compared"));
    };
    return h("div", { class: "contrast" }, h("p", {}, words), this.chosen ? null : h("p", { class: "bar" }, h("button", { type: "button", id: "quiz-compare", onclick: compare }, say("page_quiz.side_by_side"))));
  }

  // What a person does ------------------------------------------------------------------------------------------------

  /** Marks a question once all of it is answered: an answer that is still empty is not final. */
  #check() {
    const { run } = this, given = run.given[run.position], open = given.findIndex((answer) => answer === null);
    if (open >= 0) {
      const left = given.filter((answer) => answer === null).length, part = document.querySelector(`.quiz [data-choice="${run.parts[run.position][open].id}"]`);
      this.page.say(say("page_quiz.not_all", { left, all: given.length }));
      /** @type {HTMLElement} */ (part.querySelector("select, input")).focus();
      return;
    }
    run.marked.add(run.position);
    const { right, points } = run.score([run.position]);
    this.show();
    this.page.say(say("page_quiz.score", { right, points }));
  }

  #reveal() {
    this.run.shown.add(this.run.position);
    this.show();
  }

  #go(position) {
    this.run.position = position;
    this.show();
  }

  /** To a question of the first go, from its result. */
  toQuestion(position) {
    this.again = null;
    this.#go(position);
  }

  #tryAgain(indexes) {
    const run = this.#run(indexes.map((index) => this.main.questions[index]), indexes.map((index) => this.main.numbers[index]));
    this.again = { indexes, run };
  }

  tryMissed() {
    this.#tryAgain(this.again ? this.again.run.missed.map((index) => this.again.indexes[index]) : this.main.missed);
    this.show();
  }

  toResult() {
    this.again = null;
    this.show();
  }

  show() {
    this.page.keepQuiz();
    this.page.render();
    document.getElementById("quiz-title").focus();
    if (this.page.isProjected) window.scrollTo(0, 0);
  }

  #open() {
    this.page.view = "options";
    this.page.begin(this.question.profile, say("page_quiz.patient_of", { number: this.run.numbers[this.run.position] }));
  }

  /** The results as a file that `quiz --grade` reads. */
  save(student) {
    const written = { quiz: this.chosen.name, student, answers: this.main.answers() };
    saveFile(`${fileName(student)}.json`, JSON.stringify(written, null, 1), "application/json");
    this.page.say(say("page_quiz.saved", { name: `${fileName(student)}.json` }));
  }
}

/** An answer in words: a group, or a letter with its answer. */
function answerWords({ id, answers }, answer) {
  return answer === null ? say("page_quiz.not_answered") : id.startsWith("pick-") ? `${LETTERS[answer]}` : standingWords(answers[answer]);
}

/** The right answer, with what it waits for. */
const rightWords = ({ waits }, answer) => (waits ? sayWith("page_quiz.right_answer_for", { answer, questions: waits }) : sayWith("page_quiz.right_answer", { answer }));
