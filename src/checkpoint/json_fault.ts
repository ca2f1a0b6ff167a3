// Finds the first fault of a JSON text. JSON.parse keeps the last of two equal keys, does not always state the position of
// an error, and allocates without bound. This scanner keeps a stack of open objects and no values.

/** A fault of a JSON text and its position. */
export interface JsonFault {
  /** Line, from 1. */
  readonly line: number;
  /** Column in UTF-16 units, from 1. */
  readonly column: number;
  /** The expected token, the repeated key, or the exceeded limit. */
  readonly problem: string;
  /** True if the text exceeds a limit, but is valid up to there. */
  readonly limited: boolean;
}

/** Limits of a JSON text; parsed values and keys take about 100 bytes each. */
export interface JsonLimits {
  /** Maximum number of values. */
  readonly values: number;
  /** Maximum number of keys of one object. */
  readonly keys: number;
}

/** Limits of files: a tokenizer of a million tokens fits. */
export const FILE_LIMITS: JsonLimits = { values: 2 ** 22, keys: 2 ** 20 };

/** Maximum depth of nesting, so that recursive readers cannot overflow the stack. */
const MOST_DEPTH = 128;

type Expected =
  | "a value"
  | 'a value or "]"'
  | "a key"
  | 'a key or "}"'
  | '":"'
  | '"," or a closing bracket'
  | "the end";

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const HEX = /[0-9a-fA-F]{4}/y;
const AFTER_VALUE = '"," or a closing bracket';

// Characters of the grammar.
const QUOTE = 0x22, COMMA = 0x2c, MINUS = 0x2d, ZERO = 0x30, NINE = 0x39, COLON = 0x3a, BACKSLASH = 0x5c;
const ARRAY = 0x5b, END_ARRAY = 0x5d, OBJECT = 0x7b, END_OBJECT = 0x7d;

/**
 * Finds the first syntax error, repeated key or exceeded limit of a JSON text; undefined without a fault.
 *
 * ```ts
 * findJsonFault('{"a": 1,\n "a": 2}'); // { line: 2, column: 2, problem: 'key "a" occurs twice', limited: false }
 * ```
 */
export function findJsonFault(text: string, limits: JsonLimits = FILE_LIMITS): JsonFault | undefined {
  const open: (Keys | undefined)[] = []; // the keys seen so far in each open object, undefined for an array
  let keys: Keys | undefined;
  let expected: Expected = "a value";
  let values = 0;
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const start = at, code = text.charCodeAt(at);
    if (expected === AFTER_VALUE && code === COMMA) {
      at++, expected = keys ? "a key" : "a value";
    } else if (expected === '":"' && code === COLON) {
      at++, expected = "a value";
    } else if (closes(code, expected, keys !== undefined)) {
      at++, open.pop(), keys = open.at(-1), expected = open.length > 0 ? AFTER_VALUE : "the end";
    } else if (expected === "a key" || expected === 'a key or "}"') {
      at = code === QUOTE ? endOfString(text, at) : -1;
      if (at < 0) return fault(text, start, `expected ${expected}`);
      const key = text.slice(start, at);
      const name: string = key.includes("\\") ? JSON.parse(key) : key.slice(1, -1);
      if (!keys!.add(name)) return fault(text, start, `key ${key.slice(0, 80)} occurs twice`);
      if (keys!.size > limits.keys) return fault(text, start, `an object has more than ${limits.keys} keys`, true);
      expected = '":"';
    } else if (expected !== "a value" && expected !== 'a value or "]"') {
      return fault(text, at, `expected ${expected}`);
    } else if (++values > limits.values) {
      return fault(text, at, `it has more than ${limits.values} values`, true);
    } else if (code === OBJECT || code === ARRAY) {
      if (open.length === MOST_DEPTH) return fault(text, at, `it is nested more than ${MOST_DEPTH} deep`, true);
      at++, keys = code === OBJECT ? new Keys() : undefined, open.push(keys);
      expected = keys ? 'a key or "}"' : 'a value or "]"';
    } else {
      at = endOfScalar(text, at, code);
      if (at < 0) return fault(text, start, `expected ${expected}`);
      expected = open.length > 0 ? AFTER_VALUE : "the end";
    }
  }
  return expected === "the end" ? undefined : fault(text, text.length, `the text ends, expected ${expected}`);
}

/** Distinct keys of an object; most objects have so few that a list is faster than a set. */
class Keys {
  readonly #few: string[] = [];
  #many?: Set<string>;

  /** Number of keys. */
  get size(): number {
    return this.#few.length + (this.#many?.size ?? 0);
  }

  /** Adds a key; false if it is there already. */
  add(key: string): boolean {
    if (this.#few.includes(key) || this.#many?.has(key)) return false;
    if (this.#few.length < 8) this.#few.push(key);
    else (this.#many ??= new Set()).add(key);
    return true;
  }
}

function closes(code: number, expected: Expected, inObject: boolean): boolean {
  if (expected === AFTER_VALUE) return code === (inObject ? END_OBJECT : END_ARRAY);
  return code === END_OBJECT && expected === 'a key or "}"' || code === END_ARRAY && expected === 'a value or "]"';
}

function skipSpace(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x09 && code !== 0x0d) break;
  }
  return at;
}

function endOfScalar(text: string, at: number, code: number): number {
  if (code === QUOTE) return endOfString(text, at);
  return endOfMatch(code === MINUS || code >= ZERO && code <= NINE ? NUMBER : WORD, text, at);
}

function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code < 0x20) return -1;
    if (code !== BACKSLASH) continue;
    const escaped = text[++i];
    if (escaped === "u") i = endOfMatch(HEX, text, i + 1) - 1;
    else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) return -1;
    if (i < 0) return -1;
  }
  return -1;
}

function endOfMatch(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function fault(text: string, offset: number, problem: string, limited = false): JsonFault {
  let line = 1, start = 0;
  for (let next; (next = text.indexOf("\n", start)) >= 0 && next < offset; start = next + 1) line++;
  return { line, column: offset - start + 1, problem, limited };
}
