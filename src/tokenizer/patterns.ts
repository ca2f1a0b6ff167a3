/**
 * Translates patterns of a `tokenizer.json` to JavaScript regular expressions.
 *
 * Source: the Ruby syntax of Oniguruma, which these files use.
 *
 * @module
 */
import { reasonOf } from "../checkpoint/messages.ts";
import type { Entry } from "./entry.ts";

/** Maximum length of a pattern. */
const LONGEST = 20_000;

/** The meaning of `\w` inside a class. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";

/** A word character. */
export const WORD_CHARACTER = `[${WORD}\\u200c\\u200d]`;

/** Escapes with another meaning in JavaScript, outside and inside of classes. */
const OUTSIDE: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  h: "[0-9A-Fa-f]",
  A: "(?<![^])",
  z: "(?![^])",
  Z: "(?=\\n?(?![^]))",
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
  a: "\\x07",
  e: "\\x1b",
};
const INSIDE: Readonly<Record<string, string>> = {
  ...{ s: OUTSIDE.s, S: OUTSIDE.S, d: OUTSIDE.d, D: OUTSIDE.D, a: OUTSIDE.a, e: OUTSIDE.e },
  ...{ w: WORD, h: "0-9A-Fa-f", b: "\\x08" },
};

/** Parts of a pattern without translation. */
const ESCAPE = /\\(?:[pP]\{\^?[\w=]+\}|x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[^])/uy;
const GROUP = /\((?:\?(?:[:=!]|<[=!]|<[A-Za-z]\w*>|[im]+:))?/y;
const REPEAT = /(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})(?:[?+])?/y;

/** A regular expression that matches a text literally. */
export function literal(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&"), "gu");
}

/** A pattern `{"String": …}` or `{"Regex": …}` as a global regular expression. Throws if it cannot be translated. */
export function patternOf(entry: Entry): RegExp {
  const text = entry.only("String", "Regex").at("String");
  if (text.given) return literal(text.text());
  const regex = entry.at("Regex"), source = regex.text();
  if (source.length > LONGEST) regex.refuse(`has ${source.length} characters, at most ${LONGEST} are supported`);
  try {
    return new RegExp(new Translation(source).pattern(), "gu");
  } catch (error) {
    return regex.refuse(`cannot be translated: ${reasonOf(error)}`);
  }
}

/** Translation of one pattern; errors are SyntaxErrors without a position. */
class Translation {
  #at = 0;
  #out = "";
  /** Start of the last atom in the result, and whether it contains an unbounded repeat. */
  #atom = { start: 0, unbounded: false };
  /** Whether the innermost open group contains an unbounded repeat so far. */
  #unbounded = false;
  /** Open groups: start, and the flag of the enclosing group. */
  readonly #groups: { readonly start: number; readonly unbounded: boolean }[] = [];
  #atomic = 0;

  constructor(readonly source: string) {}

  pattern(): string {
    while (this.#at < this.source.length) this.#part();
    return this.#out;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.source)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #part(): void {
    const character = this.source[this.#at];
    if (character === "(") return this.#open();
    if (character === ")") return this.#close();
    if ("*+?".includes(character)) return this.#repeat(this.#take(REPEAT)!);
    const counted = character === "{" ? this.#take(REPEAT) : undefined;
    if (counted !== undefined) return this.#repeat(counted);
    this.#atom = { start: this.#out.length, unbounded: false };
    if (character === "[") this.#out += this.#characterClass();
    else if (character === "\\") this.#out += this.#escape(OUTSIDE);
    else this.#out += this.#plain(String.fromCodePoint(this.source.codePointAt(this.#at)!));
  }

  #plain(character: string): string {
    this.#at += character.length;
    if (character === ".") return "[^\\n]";
    if (character === "^") return "(?<![^\\n])";
    if (character === "$") return "(?![^\\n])";
    return /[\]{}\/]/.test(character) ? `\\${character}` : character;
  }

  #escape(meanings: Readonly<Record<string, string>>): string {
    const escape = this.#take(ESCAPE);
    if (escape === undefined) throw new SyntaxError("it ends with a backslash");
    const name = escape.slice(1);
    if (meanings[name] !== undefined) return meanings[name];
    if (/^[pP]\{/.test(name)) return propertyOf(name);
    if (/^x\{/.test(name)) return `\\u${name.slice(1)}`;
    if (/^(?:[tnrfv]|x..|u....)$/.test(name)) return escape;
    if (/^[A-Za-z0-9]$/.test(name)) throw new SyntaxError(`${escape} is not supported`);
    return /^[\\^$.*+?()[\]{}|\/-]$/.test(name) ? (name === "-" && meanings === OUTSIDE ? "-" : escape) : name;
  }

  #open(): void {
    const group = this.#take(GROUP)!;
    if (this.source[this.#at] === "?" && group === "(") {
      throw new SyntaxError(`the group ${this.source.slice(this.#at - 1, this.#at + 2)}… is not supported`);
    }
    if (group.includes("m:")) throw new SyntaxError(`the group ${group} is not supported`);
    this.#groups.push({ start: this.#out.length, unbounded: this.#unbounded });
    this.#unbounded = false;
    this.#out += group;
  }

  #close(): void {
    const group = this.#groups.pop();
    if (!group) throw new SyntaxError("a group is closed that was not opened");
    this.#at++;
    this.#out += ")";
    this.#atom = { start: group.start, unbounded: this.#unbounded };
    this.#unbounded ||= group.unbounded;
  }

  /** A repeat. An unbounded repeat of a group that contains one may take exponential time, and is not supported. */
  #repeat(repeat: string): void {
    const unbounded = /^[*+]|,\}|\}\+/.test(repeat);
    if (unbounded && (this.#atom.unbounded || repeat.endsWith(",}+"))) {
      throw new SyntaxError(`it repeats ${JSON.stringify(repeat)} what repeats without a limit itself`);
    }
    this.#unbounded ||= unbounded;
    const { start } = this.#atom, atom = this.#out.slice(start), greedy = repeat.replace(/^\{,/, "{0,");
    if (!/.\+$/.test(greedy)) this.#out += greedy;
    else if (greedy.startsWith("{")) this.#out = `${this.#out.slice(0, start)}(?:${atom}${greedy.slice(0, -1)})+`;
    else {
      const name = `atomic${this.#atomic++}`;
      this.#out = `${this.#out.slice(0, start)}(?:(?=(?<${name}>${atom}${greedy[0]}))\\k<${name}>)`;
    }
    this.#atom = { start, unbounded: unbounded || this.#atom.unbounded };
  }

  /** A class, with nested classes as unions. */
  #characterClass(nested = false): string {
    this.#at++;
    const negated = this.source[this.#at] === "^";
    if (negated && nested) throw new SyntaxError("a negated class inside a class is not supported");
    if (negated) this.#at++;
    let members = "";
    for (let first = true;; first = false) {
      const rest = this.source.slice(this.#at, this.#at + 2), character = rest[0];
      if (character === undefined) throw new SyntaxError("a class is not closed");
      if (rest === "&&" || rest === "[:") throw new SyntaxError(`${rest} inside a class is not supported`);
      if (character === "]" && !first) break;
      if (character === "\\") members += this.#escape(INSIDE);
      else if (character === "[") members += this.#characterClass(true);
      else {
        members += /[\]^\/(){}|]/.test(character) ? `\\${character}` : character;
        this.#at++;
      }
    }
    this.#at++;
    return nested ? members : `[${negated ? "^" : ""}${members}]`;
  }
}

/** A Unicode property by its JavaScript name. */
function propertyOf(name: string): string {
  const negated = name.includes("^") !== name.startsWith("P");
  const property = name.slice(2, -1).replace("^", ""), letter = negated ? "P" : "p";
  for (const candidate of [property, `Script=${property}`]) {
    try {
      new RegExp(`\\p{${candidate}}`, "u");
      return `\\${letter}{${candidate}}`;
    } catch { /* the next one */ }
  }
  throw new SyntaxError(`the property ${property} is unknown`);
}
