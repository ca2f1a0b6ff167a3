// Where a JSON text goes wrong. JSON.parse keeps the last of two equal keys, and does not always say where it stopped;
// this walk finds the first fault of either kind. It keeps its own stack, so no depth of nesting can overflow it.

/** What is wrong with a JSON text, and where. */
export interface JsonFault {
  /** Its line, from 1. */
  readonly line: number;
  /** Its place in the line in UTF-16 units, from 1. */
  readonly column: number;
  /** What was expected there, or which key occurs twice. */
  readonly problem: string;
}

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
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const AFTER_VALUE = '"," or a closing bracket';

/**
 * Finds the first syntax error or repeated key of a JSON text; undefined if there is none.
 *
 * ```ts
 * findJsonFault('{"a": 1,\n "a": 2}'); // { line: 2, column: 2, problem: 'key "a" occurs twice' }
 * ```
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: (Set<string> | undefined)[] = []; // the keys seen so far in each open object, undefined for an array
  let expected: Expected = "a value";
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const start = at;
    const char = text[at];
    const keys = open.at(-1);
    if (expected === "the end") return fault(text, at, "expected the end");
    if (expected === '":"') {
      if (char !== ":") return fault(text, at, `expected ${expected}`);
      at++, expected = "a value";
    } else if (closes(char, expected, open)) {
      at++, open.pop(), expected = open.length > 0 ? AFTER_VALUE : "the end";
    } else if (expected === AFTER_VALUE) {
      if (char !== ",") return fault(text, at, `expected ${expected}`);
      at++, expected = keys ? "a key" : "a value";
    } else if (expected.startsWith("a key")) {
      at = char === '"' ? endOfString(text, at) : -1;
      if (at < 0) return fault(text, start, `expected ${expected}`);
      const key = text.slice(start, at);
      const name: string = key.includes("\\") ? JSON.parse(key) : key.slice(1, -1);
      if (keys!.has(name)) return fault(text, start, `key ${key.slice(0, 80)} occurs twice`);
      keys!.add(name), expected = '":"';
    } else if (char === "{" || char === "[") {
      at++,
        open.push(char === "{" ? new Set() : undefined),
        expected = char === "{" ? 'a key or "}"' : 'a value or "]"';
    } else {
      at = endOfScalar(text, at);
      if (at < 0) return fault(text, start, `expected ${expected}`);
      expected = open.length > 0 ? AFTER_VALUE : "the end";
    }
    at = skipSpace(text, at);
  }
  return expected === "the end" ? undefined : fault(text, text.length, `the text ends, expected ${expected}`);
}

function closes(char: string, expected: Expected, open: readonly unknown[]): boolean {
  if (expected === AFTER_VALUE) return char === (open.at(-1) ? "}" : "]");
  return char === "}" && expected === 'a key or "}"' || char === "]" && expected === 'a value or "]"';
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && " \t\n\r".includes(text[at])) at++;
  return at;
}

function endOfScalar(text: string, at: number): number {
  if (text[at] === '"') return endOfString(text, at);
  const pattern = text[at] === "-" || text[at] >= "0" && text[at] <= "9" ? NUMBER : WORD;
  return endOfMatch(pattern, text, at);
}

function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i + 1;
    if (code < 0x20) return -1;
    if (code !== 0x5c) continue;
    i = endOfMatch(ESCAPE, text, i) - 1;
    if (i < 0) return -1;
  }
  return -1;
}

function endOfMatch(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function fault(text: string, offset: number, problem: string): JsonFault {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n"), problem };
}
