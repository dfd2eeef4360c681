"use strict";
// The end of a quiz: each point, what to read again, and the missed questions once more.

function resultView(quiz) {
  const { run } = quiz, { right, points } = run.score(), missed = run.missed;
  const button = (id, words, act) => h("button", { type: "button", id, onclick: act }, words);
  return [
    h("h2", { id: "quiz-title", tabindex: "-1" }, say(quiz.again ? "page_quiz.missed_title" : "page_quiz.result_title", { right, points })),
    missed.length ? null : h("p", {}, say("page_quiz.nothing_missed")),
    h("p", { class: "bar" },
      missed.length ? button("quiz-missed", say("page_quiz.try_missed"), () => quiz.tryMissed()) : null,
      quiz.again ? button("quiz-result", say("page_quiz.back_to_result"), () => quiz.toResult()) : button("quiz-back", say("page_quiz.back"), () => quiz.toQuestion(run.questions.length - 1))),
    quiz.chosen && !quiz.again ? saving(quiz) : null,
    readAgain(run, quiz.page.data),
    run.questions.map((question, index) => questionResult(quiz, run, index)),
  ];
}

/** The name of a student, and the file with the answers. */
function saving(quiz) {
  const save = (event) => {
    event.preventDefault();
    quiz.save(quiz.page.at("quiz-student").value.trim());
  };
  return h("form", { class: "bar saving", onsubmit: save },
    h("label", { for: "quiz-student" }, say("page_quiz.your_name")), h("input", { id: "quiz-student", type: "text", required: true, pattern: ".*\\S.*", maxlength: 60, autocomplete: "name" }),
    h("button", { type: "submit", id: "quiz-save" }, say("page_quiz.save")));
}

/** The sections behind what was missed, the one that most of it comes from first. */
function readAgain(run, data) {
  const places = new Map();
  for (const index of run.missed) {
    for (const [part, { rules, name }] of run.parts[index].entries()) {
      if (run.marked.has(index) && run.isRight(index, part)) continue;
      for (const { source } of uniqueOf(rules).map((id) => data.rules[id])) places.set(source, uniqueOf([...(places.get(source) ?? []), name]));
    }
  }
  if (!places.size) return null;
  const sorted = [...places].sort(([left, first], [right, rest]) => rest.length - first.length || (left < right ? -1 : 1));
  const item = ([source, names]) => h("li", {}, cite(source), ` ${say("page_quiz.read_for", { count: names.length, names: listedWords(names) })}`);
  return h("section", { id: "quiz-read" }, h("h3", {}, say("page_quiz.read_again")), h("ul", {}, sorted.map(item)));
}

function questionResult(quiz, run, index) {
  const parts = run.parts[index], isMarked = run.marked.has(index), { right, points } = run.score([index]);
  const state = isMarked ? say("page_quiz.of_right", { right, points }) : run.shown.has(index) ? say("page_quiz.were_shown") : say("page_quiz.not_answered");
  const title = say("page_quiz.question_result", { number: run.numbers[index], state });
  const button = h("button", { type: "button", class: "link", onclick: () => (quiz.again ? ((run.position = index), quiz.show()) : quiz.toQuestion(index)) }, title);
  const point = (part, place) => {
    const isRight = run.isRight(index, place), given = run.given[index][place];
    const words = isRight ? say("page_quiz.is_right") : given === null ? say("page_quiz.is_open") : say("page_quiz.is_wrong", { answer: answerWords(part, given) });
    const answer = part.words ?? rightWords(part, answerWords(part, part.right)).join("");
    return h("li", {}, h("span", { class: isRight ? "right" : "wrong" }, words), `: ${part.name}${part.name.endsWith("?") ? "" : ":"} ${answer}`);
  };
  const { vignette, event } = run.questions[index], patient = event ? `${vignette} ${say("page_quiz.then")}${event}` : vignette;
  return h("section", { class: "result", "data-question": run.numbers[index] }, h("h3", {}, button), h("p", { class: "quiet small" }, patient), isMarked ? h("ul", {}, parts.map(point)) : null);
}
