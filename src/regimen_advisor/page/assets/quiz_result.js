"use strict";
// The end of a quiz: each point, what to read again, and the missed questions once more.

function resultView(quiz) {
  const { run } = quiz, { right, points } = run.score(), missed = run.missed;
  const button = (id, words, act) => h("button", { type: "button", id, onclick: act }, words);
  return [
    h("h2", { id: "quiz-title", tabindex: "-1" }, `${quiz.again ? "The missed ones" : "Result"}: ${right} of ${points} right`),
    missed.length ? null : h("p", {}, "Nothing was missed."),
    h("p", { class: "bar" },
      missed.length ? button("quiz-missed", "Try the missed ones", () => quiz.tryMissed()) : null,
      quiz.again ? button("quiz-result", "Back to the result", () => quiz.toResult()) : button("quiz-back", "Back", () => quiz.toQuestion(run.questions.length - 1))),
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
    h("label", { for: "quiz-student" }, "Your name"), h("input", { id: "quiz-student", type: "text", required: true, pattern: ".*\\S.*", maxlength: 60, autocomplete: "name" }),
    h("button", { type: "submit", id: "quiz-save" }, "Save results"));
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
  const sorted = [...places].sort(([left, ones], [right, others]) => others.length - ones.length || (left < right ? -1 : 1));
  const item = ([source, names]) => h("li", {}, cite(source), ` ${names.length === 1 ? "for one point" : `for ${names.length} points`}: ${listedWords(names)}`);
  return h("section", { id: "quiz-read" }, h("h3", {}, "Read again"), h("ul", {}, sorted.map(item)));
}

function questionResult(quiz, run, index) {
  const parts = run.parts[index], isMarked = run.marked.has(index), { right, points } = run.score([index]);
  const title = `Question ${run.numbers[index]}: ${isMarked ? `${right} of ${points} right` : run.shown.has(index) ? "answers were shown" : "not answered"}`;
  const to = h("button", { type: "button", class: "link", onclick: () => (quiz.again ? ((run.at = index), quiz.show()) : quiz.toQuestion(index)) }, title);
  const point = (part, place) => {
    const isRight = run.isRight(index, place), given = run.given[index][place];
    const words = isRight ? "Right" : given === null ? "Open" : `Wrong (${answerWords(part, given)})`;
    const answer = part.words ?? `${answerWords(part, part.right)}${part.waits ? `, for ${part.waits}` : ""}.`;
    return h("li", {}, h("span", { class: isRight ? "right" : "wrong" }, words), `: ${part.name}${part.name.endsWith("?") ? "" : ":"} ${answer}`);
  };
  return h("section", { class: "result", "data-question": run.numbers[index] }, h("h3", {}, to), h("p", { class: "quiet small" }, run.questions[index].vignette), isMarked ? h("ul", {}, parts.map(point)) : null);
}
