"use strict";
// The words of the page: entries of the program's catalogue, fetched by key by the rules of `words/catalogue.py`.

const FIELD = /\{\{|\}\}|\{(\w+)\}/g;
/** @type {Object<string, Object<string, string | {one: string, other: string}>>} the rooms, and in each its entries */
let catalogue = {};

/** What was read of each entry, by its key: its texts in parts, and the fields it expects. */
const readEntries = new Map();

/** Takes the rooms that travel with the page; the engine does so, before a word is asked for. */
function useCatalogue(rooms) {
  catalogue = rooms;
  readEntries.clear();
}

/** An entry of the catalogue, read once: text and fields by turns, the text first. */
function readEntry(key) {
  const [room, name] = key.split(/\.(.*)/s), entry = catalogue[room]?.[name];
  if (entry === undefined) throw new Error(`expected a key of the catalogue, found \`${key}\``);
  const texts = typeof entry === "string" ? [entry] : [entry.one, entry.other];
  const forms = texts.map((text) => partsOfText(text)), expected = new Set(forms.flat().flatMap(({ field }) => field ?? []));
  if (texts.length > 1) expected.add("count");
  return { forms, expected };
}

/** The text of an entry as pieces, each a text or a field. */
function partsOfText(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(FIELD)) {
    const [written, field] = match;
    parts.push({ text: text.slice(end, match.index) }, field === undefined ? { text: written[0] } : { field });
    end = match.index + written.length;
  }
  return [...parts, { text: text.slice(end) }].filter((part) => part.text !== "");
}

/** The entry with its fields filled in; the field `count` chooses its form and gets thousands separators. */
const say = (key, fields = {}) => sayWith(key, fields).join("");

/** The same in parts, where a field may be an element or a list of them. Throws for an unknown key or other fields. */
function sayWith(key, fields = {}) {
  if (!readEntries.has(key)) readEntries.set(key, readEntry(key));
  const { forms, expected } = readEntries.get(key), found = Object.keys(fields);
  if (found.length !== expected.size || found.some((field) => !expected.has(field))) {
    const [wanted, given] = [[...expected], found].map((names) => names.sort().join(", ") || "none");
    throw new Error(`\`${key}\`: expected the fields ${wanted}; found ${given}`);
  }
  const parts = forms[forms.length > 1 && fields.count !== 1 ? 1 : 0];
  return parts.map(({ text, field }) => (field === undefined ? text : field === "count" ? fields.count.toLocaleString(say("language.code")) : fields[field])).filter((part) => part !== "");
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
