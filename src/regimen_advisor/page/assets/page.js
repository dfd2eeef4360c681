"use strict";
// The page itself: one patient at a time, in the address, in the form and as advice.

const changedFrom = (patient) => say("page.changed_from", { patient });
const VIEWS = ["options", "map", "forest", "compare", "quiz"];

/** @type {Page} the one page, once its data is read */
var page; // on the window too, for use from the console of a browser

class Page {
  constructor(data) {
    this.data = data;
    sources = new Sources(data);
    this.engine = new Engine(data);
    this.solver = new Solver(this.engine);
    this.form = new PatientForm(this.engine, (profile, key) => this.edit(profile, key));
    this.view = "options";
    this.setting = null;
    this.kept = null;
    this.before = null;
    this.cleared = [];
    this.ownName = null;
    this.profile = {};
    /** @type {(id: string) => any} */
    this.at = (id) => document.getElementById(id);
    this.quiz = new Quiz(this);
    this.isProjected = false;
    this.at("facts").append(this.form.element);
    this.form.element.style.setProperty("--changed-words", JSON.stringify(` ${say("page_form.changed")}`));
    this.at("views").append(...this.#views.map((view) => h("button", { type: "button", id: `view-${view}`, onclick: () => this.show(view) }, say(`page_view.${view}`))));
    this.#controls();
    this.pane("answer");
    window.addEventListener("popstate", () => this.#fromAddress());
    narrowScreen().addEventListener("change", () => this.view === "forest" && this.render());
    this.#fromAddress();
  }

  /** The views there are: a page for a class has its quiz, a small rulebook may have none. */
  get #views() {
    const { chosen, pool } = this.data.quiz;
    return chosen ? ["quiz"] : VIEWS.filter((view) => view !== "quiz" || pool.length);
  }

  // What a person does ------------------------------------------------------------------------------------------------

  #controls() {
    const { examples } = this.data, menu = this.at("examples");
    const groups = Map.groupBy(examples.map((example, index) => ({ example, index })), ({ example }) => example.group);
    menu.append(...[...groups].sort(([left], [right]) => (left < right ? -1 : 1)).map(([label, members]) =>
      h("optgroup", { label }, members.map(({ example, index }) => h("option", { value: index }, example.summary)))));
    menu.addEventListener("change", () => {
      const chosen = menu.value;
      if (chosen !== "") this.open(examples[Number(chosen)].text, say("page.example_named", { name: examples[Number(chosen)].name }));
      menu.value = chosen;
    });
    const file = this.at("file");
    file.addEventListener("change", () => this.#file(file.files[0]).finally(() => (file.value = "")));
    this.at("open").addEventListener("click", () => file.click());
    this.at("save").addEventListener("click", () => this.#save());
    this.at("clear").addEventListener("click", () => this.begin({}));
    this.at("copy").addEventListener("click", () => this.#copy());
    this.at("print").addEventListener("click", () => window.print());
    this.at("projector").addEventListener("click", () => this.#project(!this.isProjected));
    this.at("keep").addEventListener("click", () => this.#keep());
    this.at("name").addEventListener("change", (event) => this.#rename(event.target.value.trim()));
    for (const pane of ["facts", "answer"]) this.at(`pane-${pane}`).addEventListener("click", () => this.pane(pane));
    for (const event of ["dragover", "drop", "dragleave"]) {
      document.addEventListener(event, (/** @type {DragEvent} */ dropped) => {
        dropped.preventDefault();
        document.body.classList.toggle("drop", event === "dragover");
        if (event === "drop" && dropped.dataTransfer.files.length) this.#file(dropped.dataTransfer.files[0]);
      });
    }
  }

  /** A change of one fact: what it changes is marked. A change of disease clears what does not fit, and says it. */
  edit(profile, key) {
    if (this.answer.advice) this.before = { profile: this.profile, advice: this.answer.advice };
    const { id, ...rest } = key === "disease" ? this.#fitted(profile) : profile, { summary } = rest;
    if (key !== "disease") this.cleared = [];
    // A name that a person did not give here is that of the patient before the change.
    if (summary === this.ownName) this.profile = id === undefined ? rest : { id, ...rest };
    else this.profile = summary && !summary.startsWith(changedFrom("")) ? { ...rest, summary: changedFrom(summary) } : rest;
    this.at("examples").value = ""; // so that the example can be chosen again
    this.#toAddress();
    this.render();
  }

  /** A profile without what its new disease cannot have; what was cleared is kept in words. */
  #fitted(profile) {
    let fitted = profile;
    this.cleared = [];
    for (;;) {
      const problem = this.judge(fitted).refusal?.problems.find(({ keys }) => keys?.includes("disease"));
      const key = problem?.keys.findLast((name) => name !== "disease");
      if (!key) return fitted;
      const { [key]: gone, ...rest } = fitted, fact = this.engine.facts[key];
      this.cleared.push({ key, words: this.#clearedWords(fact?.label ?? this.form.label([key]), gone) });
      fitted = rest;
    }
  }

  #clearedWords(fact, value) {
    return typeof value === "object" ? fact : say("page_changes.cleared_fact", { fact, value: this.data.words[value] ?? value });
  }

  #rename(name) {
    const { id: _, summary: __, ...rest } = this.profile, id = fileName(name);
    this.ownName = name || undefined;
    this.profile = name ? { id, summary: name, ...rest } : rest;
    this.#toAddress();
    this.render();
  }

  /** On a phone: the facts, or the answer. */
  pane(pane) {
    document.body.dataset.pane = pane;
    for (const name of ["facts", "answer"]) this.at(`pane-${name}`).setAttribute("aria-pressed", String(name === pane));
    if (isNarrow()) window.scrollTo(0, 0);
  }

  /** The card of a regimen, in the view of the options. */
  toOption(regimen) {
    if (this.view !== "options") this.show("options");
    this.pane("answer");
    toCard(regimen);
  }

  /** Another patient: nothing to compare with. */
  begin(profile, message = "") {
    this.before = null;
    this.cleared = [];
    this.ownName = null;
    this.pane(Object.keys(profile).length ? "answer" : "facts");
    this.profile = profile;
    this.at("examples").value = "";
    this.#toAddress();
    this.render();
    this.say(message);
  }

  /** The text of a profile file. What cannot be used is reported, and the patient stays as it is. */
  open(text, name) {
    try {
      const profile = readYaml(text);
      if (!isMapping(profile)) throw new Refusal([{ path: [], message: say("page_error.profile", { value: shownValue(profile) }) }]);
      const unknown = Object.keys(profile).filter((key) => !this.data.keys.includes(key));
      if (unknown.length) throw new Refusal(unknown.map((key) => ({ path: [key], message: say("broken.unknown_key", { key }), help: didYouMean(key, this.data.keys) })));
      readProfile(profile, this.engine);
      this.begin(profile, say("page.opened", { name }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#problems(say("page.not_used", { name }), error.problems);
    }
  }

  async #file(file) {
    if (!file) return;
    const refuse = (message) => this.#problems(say("page.not_used", { name: file.name }), [{ message }]);
    if (file.size > MOST_BYTES) return refuse(say("page_error.bytes", { most: MOST_BYTES.toLocaleString(say("language.code")), count: file.size }));
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    } catch {
      return refuse(say("page_error.utf8"));
    }
    this.open(text, file.name);
  }

  #save() {
    const name = `${fileName(String(this.profile.id ?? this.profile.summary ?? ""))}.yaml`;
    saveFile(name, writeYaml(this.profile), "text/yaml");
    this.say(say("page.saved", { name }));
  }

  #copy() {
    const done = () => this.say(say("page.link_copied"));
    const failed = () => this.say(say("page.link_in_bar"));
    if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(done, failed);
    else failed();
  }

  #keep() {
    this.kept = this.profile;
    this.#toAddress();
    this.render();
    this.say(say("page.patient_kept"));
  }

  show(view) {
    this.view = view;
    this.#toAddress();
    this.render();
  }

  say(words) {
    this.at("status").replaceChildren(...(words ? [h("span", {}, words)] : [])); // a new element, since it is shown for a while
    this.at("status").className = "";
  }

  // The address -------------------------------------------------------------------------------------------------------

  #address() {
    const state = new URLSearchParams();
    if (!this.data.quiz.chosen) {
      state.set("patient", JSON.stringify(this.profile));
      if (this.kept) state.set("kept", JSON.stringify(this.kept));
      if (this.view !== "options") state.set("view", this.view);
    }
    if (this.quiz.isBegun) state.set("quiz", this.quiz.encode());
    if (this.isProjected) state.set("projector", "on");
    return `#${state}`;
  }

  #toAddress() {
    const address = this.#address();
    if (address !== location.hash) history.pushState(null, "", address);
  }

  /** The answers of the quiz go into the address, so that a reload loses nothing; Back does not undo them. */
  keepQuiz() {
    history.replaceState(null, "", this.#address());
  }

  #project(isProjected) {
    this.isProjected = isProjected;
    this.#toAddress();
    this.render();
  }

  #fromAddress() {
    const state = new URLSearchParams(location.hash.slice(1)), problems = [];
    const profileOf = (key) => {
      try {
        const value = state.has(key) ? JSON.parse(state.get(key)) : null;
        if (value === null || isMapping(value)) return value;
      } catch {
        // reported below
      }
      problems.push({ message: say("page_error.no_patient_in_link", { text: String(state.get(key)).slice(0, 60) }) });
      return null;
    };
    const patient = profileOf("patient"), kept = profileOf("kept");
    const known = new Set(["patient", "kept", "view", "quiz", "projector"]);
    for (const key of state.keys()) if (!known.has(key)) problems.push({ message: say("page_error.unknown_in_link", { text: key.slice(0, 60) }) });
    this.kept = kept;
    this.before = null;
    this.cleared = [];
    this.view = this.#views.includes(state.get("view")) ? state.get("view") : this.#views[0];
    this.isProjected = state.get("projector") === "on";
    if (state.has("quiz") && !this.quiz.decode(state.get("quiz"))) problems.push({ message: say("page_error.other_quiz") });
    if (patient) this.profile = patient;
    else if (!problems.length && this.data.examples.length && !this.answer) this.profile = readYaml(this.data.examples[0].text);
    else if (!problems.length || !this.answer) this.profile = {};
    this.render();
    if (problems.length) this.#problems(say("page_error.link"), problems);
  }

  // What is shown -----------------------------------------------------------------------------------------------------

  /** The advice for a profile, or the refusal of it. */
  judge(profile) {
    try {
      const patient = readProfile(profile, this.engine);
      return { advice: advise(patient, this.engine, this.solver) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { refusal: error };
    }
  }

  render() {
    const isEmpty = !Object.keys(this.profile).length;
    this.answer = isEmpty ? {} : this.judge(this.profile);
    const { advice, refusal } = this.answer;
    const was = this.before?.profile ?? this.profile;
    const keys = uniqueOf([...Object.keys(was), ...Object.keys(this.profile)]).filter((key) => key !== "summary" && key !== "id");
    const marked = keys.filter((key) => JSON.stringify(was[key]) !== JSON.stringify(this.profile[key]));
    this.form.show(this.profile, marked, refusal?.problems ?? []);
    this.at("problems").replaceChildren();
    if (refusal) this.at("problems").replaceChildren(this.#refused(refusal.problems));
    for (const view of VIEWS) {
      const button = this.at(`view-${view}`);
      if (view === this.view) button?.setAttribute("aria-current", "page");
      else button?.removeAttribute("aria-current");
    }
    document.body.dataset.view = this.view;
    document.documentElement.classList.toggle("projected", this.isProjected);
    this.at("projector").setAttribute("aria-pressed", String(this.isProjected));
    clearTimeout(this.later);
    const put = (id, parts) => this.at(id).replaceChildren(...[parts].flat(Infinity).filter((part) => part));
    const earlier = this.before?.advice, changes = earlier && advice ? changesBetween(earlier, advice) : new Map();
    this.#headline();
    put("summary", !advice || this.view === "quiz" ? null
      : [knownView(this.profile, advice), this.view === "options" ? summaryView(advice, changes) : h("p", { class: "patient" }, h("strong", {}, say("page_answer.patient")), say("page_answer.patient_facts", { facts: knownFacts(advice) }))]);
    put("answer", this.#content(advice, changes));
    const edited = marked.filter((key) => !this.cleared.some((lost) => lost.key === key)), words = this.cleared.map((lost) => lost.words);
    const isChanged = earlier && advice && this.view !== "quiz";
    this.at("changed").hidden = !isChanged;
    put("changed", isChanged ? changedView(earlier, advice, changes, edited, words, () => this.#closeChanged()) : null);
    this.say("");
    if (isChanged) {
      this.say(changedWords(earlier, advice, changes, edited, words));
      this.at("status").className = "heard"; // the bar shows the same
    }
  }

  #closeChanged() {
    this.at("changed").hidden = true;
    this.at("who").setAttribute("tabindex", "-1");
    this.at("who").focus();
  }

  #content(advice, changes) {
    if (this.view === "quiz") return [this.quiz.view()];
    if (!advice) {
      return [h("p", { class: "lead" }, this.answer.refusal ? say("page.no_options_yet") : say("page.nothing_known_yet"))];
    }
    if (this.view === "map") return mapView(advice, this.setting ?? settingOf(advice), (title) => {
      this.setting = title;
      this.render();
      this.at("setting").focus();
    });
    if (this.view === "forest") return forestView(advice);
    if (this.view === "compare") return this.#compare(advice);
    this.later = setTimeout(() => this.#settle(advice), 0);
    return detailView(advice, changes);
  }

  #compare(advice) {
    if (!this.kept) return [h("h2", {}, say("page_compare.title")), h("p", {}, say("page_compare.nothing_kept", { button: say("page.keep") }))];
    const { advice: kept, refusal } = this.judge(this.kept);
    return refusal ? [h("p", { class: "problem" }, say("page_compare.refused", { reason: refusal.message }))] : compareView(kept, advice, pairNames(this.kept, this.profile));
  }

  /** What takes longer: which questions the open options wait for, and what each answer would settle. */
  #settle(advice) {
    const waits = advice.advisor.dependsOn();
    for (const [id, keys] of Object.entries(waits)) {
      for (const place of document.querySelectorAll(`article[data-regimen="${id}"] .waits, tr[data-row="${id}"] .waits`)) place.textContent = say("page_answer.waits", { questions: questionsWords(keys, advice) });
    }
    const missing = advice.advisor.missing(advice), view = missingView(missing, advice), unknown = unknownWords(missing, advice);
    this.at("unknown")?.replaceChildren(unknown ? say("advice.not_known", { facts: unknown }) : "");
    this.at("missing")?.replaceChildren(...(view ? [view] : []));
    document.documentElement.dataset.settled = "true";
  }

  #headline() {
    document.documentElement.dataset.settled = "false";
    const title = this.profile.summary ?? this.profile.id ?? say("page.a_patient");
    this.at("who").textContent = this.view === "quiz" ? "" : Object.keys(this.profile).length ? title : say("page.no_patient_yet");
    if (this.at("name") !== document.activeElement) this.at("name").value = this.profile.summary ?? this.profile.id ?? "";
  }

  /** What is wrong with the answers of the form, with a way to each field; what one field says is not repeated. */
  #refused(problems) {
    const link = (path) => h("button", { type: "button", class: "link", onclick: () => this.#toField(path) }, this.form.label(path));
    const item = ({ path, keys, why: reason, message }) => {
      if (keys) return h("li", {}, sayWith("page_error.contradiction", { count: keys.length, facts: listedParts(keys.map((key) => link([key]))), reason }));
      return h("li", {}, path?.length && this.form.has(path) ? sayWith("page_error.see_field", { field: link(path) }) : rich(message));
    };
    return h("section", { class: "refused", role: "alert" }, h("h2", {}, say("page_error.title")), h("ul", {}, problems.map(item)));
  }

  #toField(path) {
    this.pane("facts");
    this.at(this.form.idOf(path))?.focus();
  }

  #problems(title, problems) {
    const items = problems.map(({ message, help }) => h("li", {}, rich(message), help ? [" (", rich(help), ")"] : ""));
    this.at("problems").replaceChildren(h("section", { class: "refused", role: "alert" }, h("h2", {}, title), h("ul", {}, items)));
  }
}

/** Gives a text to the person as a file. */
function saveFile(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** A name as that of a file: letters, digits and hyphens. */
const fileName = (name) => name.trim().replaceAll(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "patient";

if (typeof document !== "undefined") {
  page = new Page(JSON.parse(document.getElementById("data").textContent));
}
