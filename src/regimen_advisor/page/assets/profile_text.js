"use strict";
// A profile as YAML text, both ways: the plain part of YAML in which profiles are written, read as strictly as the
// command line reads it. What lies outside that part is refused with its line, never guessed.

const MOST_BYTES = 1_000_000;
const MOST_DEPTH = 30;
const MOST_DIGITS = 18;

/** The value of a YAML text. Throws Refusal, its message beginning with the line. */
function readYaml(text) {
  return new YamlReader(text).document();
}

class YamlReader {
  constructor(text) {
    if (new TextEncoder().encode(text).length > MOST_BYTES) throw new Refusal([{ path: [], message: say("file.too_large", { count: MOST_BYTES }) }]);
    const control = /[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
    if (control) this.fail(text.slice(0, control.index).split("\n").length, say("page_yaml.control_character"));
    this.lines = [];
    text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).forEach((line, index) => this.#take(line, index + 1));
    this.at = 0;
    this.depth = 0;
  }

  document() {
    if (!this.lines.length) return null;
    const value = this.block(this.lines[0].indent);
    if (this.at < this.lines.length) this.fail(this.lines[this.at].number, say("page_yaml.indentation"));
    return value;
  }

  fail(line, message) {
    throw new Refusal([{ path: [], line, message: say("page_yaml.in_line", { line, message }) }]);
  }

  #take(line, number) {
    if (/^---\s*(#.*)?$/.test(line)) {
      if (this.lines.length) this.fail(number, say("page_yaml.second_document"));
      return;
    }
    const bare = this.#withoutComment(line).trimEnd(), text = bare.trimStart();
    if (!text) return;
    if (/^ *\t/.test(bare)) this.fail(number, say("page_yaml.tab"));
    this.lines.push({ number, indent: bare.length - text.length, text });
  }

  #withoutComment(line) {
    let quote = null;
    for (let index = 0; index < line.length; index++) {
      const sign = line[index];
      if (quote) {
        if (sign === "\\" && quote === "\"") index++;
        else if (sign === quote) quote = null;
      } else if ((sign === "\"" || sign === "'") && /(^|[\s,[{:-])$/.test(line.slice(0, index))) quote = sign;
      else if (sign === "#" && (index === 0 || /\s/.test(line[index - 1]))) return line.slice(0, index);
    }
    return line;
  }

  /** The mapping, list or word whose lines begin at this indent. */
  block(indent) {
    if (++this.depth > MOST_DEPTH) this.fail(this.lines[this.at].number, say("broken.deep", { most: MOST_DEPTH }));
    const { text } = this.lines[this.at];
    const value = /^-(\s|$)/.test(text) ? this.#list(indent) : this.#key(text) ? this.#mapping(indent) : this.#lines(indent - 1);
    this.depth--;
    return value;
  }

  #list(indent) {
    const found = [];
    while (this.at < this.lines.length && this.lines[this.at].indent === indent && /^-(\s|$)/.test(this.lines[this.at].text)) {
      const line = this.lines[this.at], rest = line.text.slice(1).trimStart();
      if (!rest) {
        this.at++;
        found.push(this.#inner(indent));
        continue;
      }
      line.indent += line.text.length - rest.length;
      line.text = rest;
      found.push(this.block(line.indent));
    }
    return found;
  }

  #key(text) {
    return /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'[\]{},#&*!|>%@`](?:[^:#]|:(?=\S)|(?<=\S)#)*?)\s*:(?:\s+(.*))?$/.exec(text);
  }

  #mapping(indent) {
    const found = {}, first = {};
    while (this.at < this.lines.length && this.lines[this.at].indent === indent) {
      const line = this.lines[this.at], match = this.#key(line.text);
      if (!match) this.fail(line.number, say("page_yaml.no_key"));
      const key = /^["']/.test(match[1]) ? this.#quoted(match[1], line.number) : match[1];
      if (Object.hasOwn(first, key)) this.fail(line.number, say("broken.twice", { key, line: first[key] }));
      first[key] = line.number;
      Object.defineProperty(found, key, { value: null, enumerable: true, writable: true, configurable: true });
      if (match[2]) {
        line.text = match[2];
        found[key] = this.#lines(indent);
        continue;
      }
      this.at++;
      const next = this.lines[this.at];
      found[key] = next?.indent === indent && /^-(\s|$)/.test(next.text) ? this.#list(indent) : this.#inner(indent);
    }
    return found;
  }

  /** The value below, further in; nothing if there is none. */
  #inner(indent) {
    const next = this.lines[this.at];
    return next && next.indent > indent ? this.block(next.indent) : null;
  }

  /** A word or a flow collection that may run over the following lines, as long as they are further in. */
  #lines(indent) {
    const { number } = this.lines[this.at], start = this.lines[this.at].text;
    let text = start;
    this.at++;
    const more = () => this.at < this.lines.length && this.lines[this.at].indent > indent;
    if (/^[[{]/.test(start)) {
      while (more()) text += ` ${this.lines[this.at++].text}`;
      const flow = new FlowReader(text, (message) => this.fail(number, message), this.depth);
      return flow.whole();
    }
    if (/^["']/.test(start)) return this.#quoted(text, number);
    while (more()) text += ` ${this.lines[this.at++].text}`;
    return plainValue(text, (message) => this.fail(number, message));
  }

  #quoted(text, number) {
    return quotedText(text, (message) => this.fail(number, message));
  }
}

function quotedText(text, fail) {
  if (text.startsWith("'")) {
    if (!/^'(?:[^']|'')*'$/.test(text)) fail(say("page_yaml.single_quote"));
    return text.slice(1, -1).replaceAll("''", "'");
  }
  try {
    return JSON.parse(text);
  } catch {
    return fail(say("page_yaml.double_quote"));
  }
}

/** A word without quotes: YAML 1.2, so that `NO`, `010` and `1_000` stay what was written. */
function plainValue(text, fail) {
  if (/^[&*!|>%@`]/.test(text)) fail(say("page_yaml.sign", { sign: text[0] }));
  if (/:(\s|$)/.test(text) || /^[-?](\s|$)/.test(text)) fail(say("page_yaml.colon"));
  if (/^(~|null|Null|NULL)$/.test(text)) return null;
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === "true";
  if (/^[-+]?(0|[1-9][0-9]*)$/.test(text) && text.length <= MOST_DIGITS) return Number(text);
  return text; // a number with a point stays text: no profile holds one, and it is refused at its place
}

/** `[a, b]` and `{a: 1, b: [c]}`. */
class FlowReader {
  constructor(text, fail, depth) {
    this.text = text;
    this.fail = fail;
    this.depth = depth;
    this.at = 0;
  }

  whole() {
    const value = this.value();
    this.#space();
    if (this.at < this.text.length) this.fail(say("page_yaml.after_bracket", { found: this.text.slice(this.at, this.at + 20) }));
    return value;
  }

  value() {
    if (++this.depth > MOST_DEPTH) this.fail(say("broken.deep", { most: MOST_DEPTH }));
    this.#space();
    const value = this.text[this.at] === "[" ? this.#several("]") : this.text[this.at] === "{" ? this.#several("}") : this.#word();
    this.depth--;
    return value;
  }

  #space() {
    while (/\s/.test(this.text[this.at] ?? "")) this.at++;
  }

  #several(closing) {
    const found = closing === "]" ? [] : {};
    this.at++;
    for (;;) {
      this.#space();
      if (this.at >= this.text.length) this.fail(say("page_yaml.closing", { bracket: closing }));
      if (this.text[this.at] === closing) {
        this.at++;
        return found;
      }
      if (closing === "]") found.push(this.value());
      else this.#pair(found);
      this.#space();
      if (this.text[this.at] === ",") this.at++;
      else if (this.text[this.at] !== closing) this.fail(say("page_yaml.comma", { bracket: closing }));
    }
  }

  #pair(found) {
    const match = /^(?:("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*:|([^\s"'[\]{},#&*!|>%@`](?:[^:,[\]{}])*?)\s*:(?=[\s,}[{]|$))/.exec(this.text.slice(this.at));
    if (!match) this.fail(say("page_yaml.no_pair"));
    const key = match[1] ? quotedText(match[1], this.fail) : match[2];
    if (Object.hasOwn(found, key)) this.fail(say("page_yaml.key_twice", { key }));
    this.at += match[0].length;
    this.#space();
    const value = /[,}]/.test(this.text[this.at] ?? "}") ? null : this.value();
    Object.defineProperty(found, key, { value, enumerable: true, writable: true, configurable: true });
  }

  #word() {
    const rest = this.text.slice(this.at);
    const match = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest) ?? /^[^,[\]{}]+/.exec(rest);
    if (!match) return this.fail(say("page_yaml.no_value"));
    this.at += match[0].length;
    return /^["']/.test(match[0]) ? quotedText(match[0], this.fail) : plainValue(match[0].trimEnd(), this.fail);
  }
}

// Writing -------------------------------------------------------------------------------------------------------------

/** A profile as a YAML file that the command line reads. */
function writeYaml(profile) {
  const lines = Object.entries(profile).filter(([, value]) => value !== undefined && value !== null).map(([key, value]) => {
    if (key !== "history" || !Array.isArray(value) || !value.length) return `${key}: ${writtenFlow(value, key !== "summary")}`;
    return ["history:", ...value.map((entry) => `  - ${writtenFlow(entry)}`)].join("\n");
  });
  return `${lines.join("\n")}\n`;
}

function writtenFlow(value, inFlow = true) {
  if (Array.isArray(value)) return `[${value.map((item) => writtenFlow(item)).join(", ")}]`;
  if (isMapping(value)) return `{${Object.entries(value).map(([key, item]) => `${key}: ${writtenFlow(item)}`).join(", ")}}`;
  if (typeof value !== "string") return String(value);
  const plain = /^[\p{L}][\p{L}\p{N} .;()/+%,_-]*$/u.test(value) && !/\s$/.test(value) && !(inFlow && value.includes(","));
  return plain && !/^(null|true|false)$/i.test(value) ? value : JSON.stringify(value);
}
