"use strict";
// The words of the page: entries of the program's catalogue, fetched by key by the rules of `words/catalogue.py`.

const FIELD = /\{\{|\}\}|\{(\w+)\}/g;
/** @type {Object<string, Object<string, string | {one: string, other: string}>>} the rooms, and in each its entries */
let catalogue = {};

/** Takes the rooms that travel with the page; the engine does so, before a word is asked for. */
const useCatalogue = (rooms) => (catalogue = rooms);

/** The entry with its fields filled in; the field `count` chooses its form and gets thousands separators. */
const say = (key, fields = {}) => sayWith(key, fields).join("");

/** The same in parts, where a field may be an element or a list of them. Throws for an unknown key or other fields. */
function sayWith(key, fields = {}) {
  const [room, name] = key.split(/\.(.*)/s), entry = catalogue[room]?.[name];
  if (entry === undefined) throw new Error(`expected a key of the catalogue, found \`${key}\``);
  const texts = typeof entry === "string" ? [entry] : [entry.one, entry.other];
  const expected = new Set(texts.flatMap((text) => [...text.matchAll(FIELD)].map(([, field]) => field)).filter((field) => field));
  if (texts.length > 1) expected.add("count");
  const found = Object.keys(fields);
  if (found.length !== expected.size || found.some((field) => !expected.has(field))) {
    const [wanted, given] = [[...expected], found].map((names) => names.sort().join(", ") || "none");
    throw new Error(`\`${key}\`: expected the fields ${wanted}; found ${given}`);
  }
  const text = texts[texts.length > 1 && fields.count !== 1 ? 1 : 0], parts = [];
  let end = 0;
  for (const match of text.matchAll(FIELD)) {
    const [written, field] = match;
    parts.push(text.slice(end, match.index), field === undefined ? written[0] : field === "count" ? fields.count.toLocaleString("en") : fields[field]);
    end = match.index + written.length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
}

/** Elements as a list in words: `a, b and c`. */
function listedParts(items) {
  if (items.length < 2) return items;
  const first = items.slice(0, -1).flatMap((item, index) => (index ? [say("between.items"), item] : [item]));
  return sayWith("list.and", { first, last: items.at(-1) });
}

/** Words as a list without a last word of its own: `a, b, c`, or `a, b; c`. */
const joined = (words) => words.join(say("between.items"));
const joinedLists = (lists) => lists.join(say("between.lists"));
