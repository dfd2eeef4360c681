"use strict";
// What a short mark means: `[XY 4.1]`, an erratum, a standing, a level. Its words show on hover, focus and tap.

/** The marks of the sources in a text, and the code in it. */
const MARKS = /\[[^\]`]*\]|`[^`]+`/g;

/** What each mark of a source or of an erratum stands for. */
class Sources {
  constructor(data) {
    this.titles = new Map(Object.values(data.reviews).map((review) => [review.cited_as, review.title]));
    this.errata = new Map();
    const lines = [...Object.values(data.studies), ...Object.values(data.rules), ...Object.values(data.approvals)].flatMap((item) => item.errata);
    for (const line of lines) this.errata.set(line.split(",")[0], line);
  }

  /** The words for a mark such as `[XY 4.1 †D43]`; null for what is no mark. */
  words(mark) {
    const inside = mark.slice(1, -1), [cited, ...errata] = inside.split("†");
    const places = cited.trim() ? cited.split(";").map((part) => this.#place(part.trim())) : [];
    if (places.includes(null) || !(places.length || errata.length)) return null;
    const ids = errata.join(" ").split(/\s+/).filter((id) => id);
    return [...places, ...ids.map((id) => `† ${this.errata.get(id) ?? id}`)].join(" ");
  }

  #place(part) {
    const [name, ...sections] = part.split(" "), title = this.titles.get(name);
    if (!title) return null;
    return sections.length ? say("page_answer.place", { source: name, title, section: sections.join(" ") }) : say("page_answer.source", { source: name, title });
  }
}

/** @type {Sources} set once, when the page has its data */
let sources;

/** A short mark whose words show when it is pointed at, focused or tapped. */
const tipped = (properties, text, words) => h("button", { type: "button", "data-tip": words, ...properties }, text);

/** A text with its marks as such and its code as code. */
function rich(text) {
  const parts = [];
  let end = 0;
  for (const match of String(text).matchAll(MARKS)) {
    const words = match[0].startsWith("[") ? sources.words(match[0]) : null;
    if (match[0].startsWith("[") && words === null) continue;
    parts.push(text.slice(end, match.index), words === null ? h("code", {}, match[0].slice(1, -1)) : tipped({ class: "cite ref" }, match[0], words));
    end = match.index + match[0].length;
  }
  return end ? [...parts, text.slice(end)] : [text];
}

const cite = (place) => rich(`[${place}]`);

/** One tip for the whole page: it follows what is pointed at, focused or tapped, and goes with Escape. */
class Tips {
  constructor() {
    this.element = h("div", { id: "tip", role: "tooltip", hidden: true });
    document.body.append(this.element);
    const markAt = (event) => (event.target instanceof Element ? event.target.closest("[data-tip]") : null);
    for (const event of ["pointerover", "focusin", "click"]) document.addEventListener(event, (seen) => this.#show(markAt(seen)));
    document.addEventListener("pointerout", (left) => {
      if (left.relatedTarget instanceof Node && this.element.contains(left.relatedTarget)) return; // to read or select it
      if (markAt(left) !== document.activeElement) this.hide();
    });
    this.element.addEventListener("pointerleave", () => this.hide());
    document.addEventListener("focusout", () => this.hide());
    document.addEventListener("keydown", (key) => key.key === "Escape" && this.hide());
    document.addEventListener("scroll", () => this.hide(), { capture: true, passive: true });
  }

  hide() {
    this.element.hidden = true;
    this.mark?.removeAttribute("aria-describedby");
    this.mark = null;
  }

  #show(mark) {
    if (!mark) return;
    if (this.mark !== mark) this.hide();
    this.mark = mark;
    this.element.textContent = mark.dataset.tip;
    this.element.hidden = false;
    mark.setAttribute("aria-describedby", "tip");
    const { left, top, bottom } = mark.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = this.element;
    const below = bottom + 6 + height < window.innerHeight || top < height + 6;
    this.element.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
    this.element.style.top = `${below ? bottom + 6 : top - height - 6}px`;
  }
}
