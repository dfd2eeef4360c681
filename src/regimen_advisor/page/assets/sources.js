"use strict";
// What a short mark means: `[XY 4.1]`, an erratum, a standing, a level. Its words show on hover, focus and tap.

/** The marks of the sources in a text, and the code in it. */
const MARKS = /\[[^\]`]*\]|`[^`]+`/g;

/** What each mark of a source or of an erratum stands for. */
class Sources {
  constructor(data) {
    this.titles = new Map(Object.values(data.reviews).map((review) => [review.cited_as, review.title]));
    this.standings = data.groups;
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

/** A short mark whose words show when it is pointed at, focused or tapped; in a summary the keyboard stops at that. */
const tipped = (properties, text, words, { inside = false } = {}) => h(inside ? "span" : "button", { type: inside ? null : "button", "data-tip": words, ...properties }, text);

/** A text with its marks as such and its code as code. */
function rich(text, context = {}) {
  const parts = [];
  let end = 0;
  for (const match of String(text).matchAll(MARKS)) {
    const words = match[0].startsWith("[") ? sources.words(match[0]) : null;
    if (match[0].startsWith("[") && words === null) continue;
    parts.push(text.slice(end, match.index), words === null ? h("code", {}, match[0].slice(1, -1)) : tipped({ class: "cite ref" }, match[0], words, context));
    end = match.index + match[0].length;
  }
  return end ? [...parts, text.slice(end)] : [text];
}

const cite = (place, context = {}) => rich(`[${place}]`, context);
