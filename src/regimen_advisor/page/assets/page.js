"use strict";
// The page itself: one patient at a time, in the address, in the form and as advice.

const EDITED = "Changed from: ";
const VIEWS = { options: "Options", map: "Guideline map", forest: "Forest plot", compare: "Compare", quiz: "Quiz" };

class Page {
  constructor(data) {
    this.data = data;
    this.engine = new Engine(data);
    this.solver = new Solver(this.engine);
    this.form = new PatientForm(this.engine, (profile, key) => this.edit(profile, key));
    this.view = "options";
    this.setting = null;
    this.kept = null;
    this.before = null;
    this.profile = {};
    this.at = (id) => document.getElementById(id);
    this.at("facts").append(this.form.element);
    if (window.matchMedia("(max-width: 52rem)").matches) this.at("facts").open = false; // the options first
    this.at("views").append(...Object.keys(VIEWS).filter((view) => view !== "quiz" || data.quiz.length).map((view) => h("button", { type: "button", id: `view-${view}`, onclick: () => this.show(view) }, VIEWS[view])));
    this.#controls();
    window.addEventListener("popstate", () => this.#fromAddress());
    this.#fromAddress();
  }

  // What a person does ------------------------------------------------------------------------------------------------

  #controls() {
    const { examples } = this.data, menu = this.at("examples");
    menu.append(...examples.map((example, index) => h("option", { value: index }, example.summary)));
    menu.addEventListener("change", () => {
      const chosen = menu.value;
      if (chosen !== "") this.open(examples[Number(chosen)].text, `example ${examples[Number(chosen)].name}`);
      menu.value = chosen;
    });
    const file = this.at("file");
    file.addEventListener("change", () => this.#file(file.files[0]).finally(() => (file.value = "")));
    this.at("open").addEventListener("click", () => file.click());
    this.at("save").addEventListener("click", () => this.#save());
    this.at("clear").addEventListener("click", () => this.begin({}));
    this.at("copy").addEventListener("click", () => this.#copy());
    this.at("print").addEventListener("click", () => window.print());
    this.at("keep").addEventListener("click", () => this.#keep());
    for (const event of ["dragover", "drop", "dragleave"]) {
      document.addEventListener(event, (dropped) => {
        dropped.preventDefault();
        document.body.classList.toggle("drop", event === "dragover");
        if (event === "drop" && dropped.dataTransfer.files.length) this.#file(dropped.dataTransfer.files[0]);
      });
    }
  }

  /** A change of one fact: what it changes is marked. */
  edit(profile) {
    if (this.answer.advice) this.before = { profile: this.profile, advice: this.answer.advice };
    const { summary } = profile; // it told of the patient before the change
    const said = summary && !summary.startsWith(EDITED) ? { summary: EDITED + summary } : {};
    this.profile = { ...profile, ...said };
    this.at("examples").value = ""; // so that the example can be chosen again
    this.#toAddress();
    this.render();
  }

  /** Another patient: nothing to compare with. */
  begin(profile, message = "") {
    this.before = null;
    this.profile = profile;
    this.at("examples").value = "";
    this.#toAddress();
    this.render();
    this.say(message);
  }

  /** The text of a profile file. What cannot be used is said, and the patient stays as it is. */
  open(text, name) {
    try {
      const profile = readYaml(text);
      if (!isMapping(profile)) throw new Refusal([{ path: [], message: `expected a profile, found ${shownValue(profile)}` }]);
      const unknown = Object.keys(profile).filter((key) => !this.data.keys.includes(key));
      if (unknown.length) throw new Refusal(unknown.map((key) => ({ path: [key], message: `${key}: unknown key`, help: didYouMean(key, this.data.keys) })));
      readProfile(profile, this.engine);
      this.begin(profile, `Opened ${name}.`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#problems(`${name} is not used; the patient stays as before`, error.problems);
    }
  }

  async #file(file) {
    if (!file) return;
    const refuse = (message) => this.#problems(`${file.name} is not used; the patient stays as before`, [{ message }]);
    if (file.size > MOST_BYTES) return refuse(`expected at most ${MOST_BYTES.toLocaleString("en")} bytes, found ${file.size.toLocaleString("en")}`);
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    } catch {
      return refuse("expected UTF-8 text");
    }
    this.open(text, file.name);
  }

  #save() {
    const name = `${String(this.profile.id ?? "patient").replaceAll(/[^\w-]+/g, "-")}.yaml`;
    const address = URL.createObjectURL(new Blob([writeYaml(this.profile)], { type: "text/yaml" }));
    const link = h("a", { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    this.say(`Saved as ${name}.`);
  }

  #copy() {
    const done = () => this.say("The link to this patient is copied.");
    const failed = () => this.say("The link to this patient stands in the address bar.");
    if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(done, failed);
    else failed();
  }

  #keep() {
    this.kept = this.profile;
    this.#toAddress();
    this.render();
    this.say("This patient is kept. Change a fact and look at Compare.");
  }

  show(view) {
    this.view = view;
    this.#toAddress();
    this.render();
  }

  say(words) {
    this.at("status").textContent = words;
  }

  // The address -------------------------------------------------------------------------------------------------------

  #toAddress() {
    const state = new URLSearchParams();
    state.set("patient", JSON.stringify(this.profile));
    if (this.kept) state.set("kept", JSON.stringify(this.kept));
    if (this.view !== "options") state.set("view", this.view);
    const address = `#${state}`;
    if (address !== location.hash) history.pushState(null, "", address);
  }

  #fromAddress() {
    const state = new URLSearchParams(location.hash.slice(1)), problems = [];
    const profileOf = (key) => {
      try {
        const value = state.has(key) ? JSON.parse(state.get(key)) : null;
        if (value === null || isMapping(value)) return value;
      } catch {
        // said below
      }
      problems.push({ message: `the link says \`${String(state.get(key)).slice(0, 60)}\`, which is no patient` });
      return null;
    };
    const patient = profileOf("patient"), kept = profileOf("kept");
    const known = new Set(["patient", "kept", "view"]);
    for (const key of state.keys()) if (!known.has(key)) problems.push({ message: `the link says \`${key.slice(0, 60)}\`, which this page does not know` });
    this.kept = kept;
    this.before = null;
    const views = Object.keys(VIEWS).filter((view) => view !== "quiz" || this.data.quiz.length);
    this.view = views.includes(state.get("view")) ? state.get("view") : "options";
    if (patient) this.profile = patient;
    else if (!problems.length && this.data.examples.length && !this.answer) this.profile = readYaml(this.data.examples[0].text);
    else if (!problems.length || !this.answer) this.profile = {};
    this.render();
    if (problems.length) this.#problems("The link cannot be read", problems);
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
    const keys = uniqueOf([...Object.keys(was), ...Object.keys(this.profile)]).filter((key) => key !== "summary");
    const marked = keys.filter((key) => JSON.stringify(was[key]) !== JSON.stringify(this.profile[key]));
    this.form.show(this.profile, marked, refusal?.problems ?? []);
    this.at("problems").replaceChildren();
    if (refusal) this.#problems("This patient cannot be as described", refusal.problems);
    for (const view of Object.keys(VIEWS)) {
      const button = this.at(`view-${view}`);
      if (view === this.view) button?.setAttribute("aria-current", "page");
      else button?.removeAttribute("aria-current");
    }
    document.querySelector("main").classList.toggle("wide", this.view === "quiz");
    clearTimeout(this.later);
    const known = advice && this.view !== "quiz" ? knownView(this.profile, advice) : null;
    this.at("answer").replaceChildren(...[known, this.#content(advice, marked)].flat(Infinity).filter((part) => part));
    this.#headline(advice);
  }

  #content(advice, marked) {
    if (this.view === "quiz") return [(this.quiz ??= new Quiz(this)).view()];
    if (!advice) {
      return [h("p", { class: "lead" }, this.answer.refusal ? "No options are shown until the facts fit together." : "Nothing is known of the patient yet. Choose an example, open a profile, or fill in a fact.")];
    }
    if (this.view === "map") return mapView(advice, this.setting ?? settingOf(advice), (title) => {
      this.setting = title;
      this.render();
      this.at("setting").focus();
    });
    if (this.view === "forest") return forestView(advice);
    if (this.view === "compare") return this.#compare(advice);
    const earlier = this.before?.advice;
    const changes = earlier ? changesBetween(earlier, advice) : new Map();
    this.later = setTimeout(() => this.#settle(advice), 0);
    return [earlier ? changedView(earlier, advice, changes, marked, this.engine) : null, adviceView(advice, changes)];
  }

  #compare(advice) {
    if (!this.kept) return [h("h2", {}, "Compare two patients"), h("p", {}, "Press “Keep for comparison”, then change a fact or open another patient: the two stand side by side here.")];
    const { advice: kept, refusal } = this.judge(this.kept);
    return refusal ? [h("p", { class: "problem" }, `The kept patient cannot be as described: ${refusal.message}`)] : compareView(kept, advice);
  }

  /** What takes longer: which questions the open options wait for, and what each answer would settle. */
  #settle(advice) {
    const waits = advice.advisor.dependsOn();
    for (const [id, keys] of Object.entries(waits)) {
      document.querySelector(`article[data-regimen="${id}"] .waits`)?.replaceChildren(`? waits for ${questionsWords(keys, this.engine)}`);
    }
    const view = missingView(advice.advisor.missing(advice), advice);
    this.at("missing")?.replaceChildren(...(view ? [view] : []));
    document.documentElement.dataset.settled = "true";
  }

  #headline(advice) {
    document.documentElement.dataset.settled = "false";
    const title = this.profile.summary ?? this.profile.id ?? "A patient";
    this.at("who").textContent = this.view === "quiz" ? "" : Object.keys(this.profile).length ? title : "No patient yet";
    if (!advice) return this.say("");
    const counts = this.data.standings.map((standing) => [standing, advice.options.filter((option) => option.standing === standing).length]);
    return this.say(`${advice.options.length} regimens: ${listedWords(counts.filter(([, count]) => count).map(([standing, count]) => `${count} ${standingWords(standing)}`))}.`);
  }

  #problems(title, problems) {
    const items = problems.map(({ message, help }) => h("li", {}, message, help ? ` (${help})` : ""));
    this.at("problems").replaceChildren(h("section", { class: "refused", role: "alert" }, h("h2", {}, title), h("ul", {}, items)));
  }
}

/** For each regimen what became of it between two advices, in a word or two. */
function changesBetween(earlier, advice) {
  const before = new Map(earlier.options.map((option) => [option.regimen, option.standing]));
  const hidden = (standing) => standing === undefined || standing === "not-indicated", changes = new Map();
  for (const { regimen, standing } of advice.options) {
    const was = before.get(regimen);
    if (was !== standing && !(hidden(was) && hidden(standing))) changes.set(regimen, hidden(was) ? "appeared" : hidden(standing) ? "gone" : `was ${standingWords(was)}`);
    before.delete(regimen);
  }
  for (const [regimen, was] of before) if (!hidden(was)) changes.set(regimen, "gone");
  return changes;
}

function changedView(earlier, advice, changes, marked, engine) {
  const { data } = engine;
  const said = marked.map((key) => {
    const fact = engine.facts[key];
    if (!fact) return key === "history" ? "the treatment history" : key;
    const words = (one) => valueWords(fact, one.patient.facts[key], data);
    return `${fact.label} (${words(earlier)} → ${words(advice)})`;
  });
  const items = [...changes].map(([id, change]) => h("li", {}, h("strong", {}, data.regimens[id].name), `: ${change}`, change === "gone" ? "" : [", now ", badge(advice.advisor.standings[id])]));
  return h("section", { class: "changed", "data-section": "changed" }, h("h2", {}, `What changed with ${listedWords(said) || "the last edit"}`),
    items.length ? h("ul", {}, items) : h("p", {}, "No option changed its standing."));
}

if (typeof document !== "undefined") {
  window.page = new Page(JSON.parse(document.getElementById("data").textContent));
}
