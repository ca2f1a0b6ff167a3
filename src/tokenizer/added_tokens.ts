/**
 * Added tokens: texts that are matched in a text before all other steps.
 *
 * @module
 */
import { quote } from "../checkpoint/messages.ts";
import type { Entry } from "./entry.ts";
import type { Normalizer } from "./normalizers.ts";
import { WORD_CHARACTER } from "./patterns.ts";
import { SPACE } from "./unicode.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** One added token. */
export interface AddedToken {
  /** Its id. */
  readonly id: number;
  /** Its text. */
  readonly content: string;
  /** Whether it matches whole words only. */
  readonly single_word: boolean;
  /** Whether it strips white space before it. */
  readonly lstrip: boolean;
  /** Whether it strips white space after it. */
  readonly rstrip: boolean;
  /** Whether it is matched in the normalized text. */
  readonly normalized: boolean;
  /** Whether decoding omits it. */
  readonly special: boolean;
}

/** Reads one added token. */
export function readAddedToken(entry: Entry, id: number): AddedToken {
  const special = entry.at("special").flag(false), content = entry.at("content").text();
  if (content === "") entry.at("content").refuse("is empty");
  return {
    id,
    content,
    single_word: entry.at("single_word").flag(false),
    lstrip: entry.at("lstrip").flag(false),
    rstrip: entry.at("rstrip").flag(false),
    normalized: entry.at("normalized").flag(!special),
    special,
  };
}

/** Reads `added_tokens`. Throws if two share an id or a text, or the vocabulary contradicts one. */
export function readAddedTokens(entry: Entry, vocabulary: Vocabulary): AddedToken[] {
  if (!entry.given) return [];
  const byId = new Map<number, string>(), ids = new Map<string, number>();
  const taken = new Map(Array.from(vocabulary, ([token, id]) => [id, token]));
  return entry.items().map((item) => {
    const id = item.at("id").whole(), token = readAddedToken(item, id), { content } = token;
    const known = vocabulary.get(content);
    if (known !== undefined && known !== id) {
      item.at("id").refuse(`is ${id}, and model.vocab has ${quote(content)} as ${known}`);
    }
    const other = byId.get(id) ?? (known === undefined ? taken.get(id) : undefined);
    if (other !== undefined) item.at("id").refuse(`is ${id}, which is the id of ${quote(other)}, too`);
    if (ids.has(content)) {
      item.at("content").refuse(`is ${quote(content)}, which has the id ${ids.get(content)} already`);
    }
    byId.set(id, content);
    ids.set(content, id);
    return token;
  });
}

/** A token and the text that it matches. */
interface Wanted {
  readonly text: string;
  readonly token: AddedToken;
}

const STARTS_WITH_WORD = new RegExp(`^${WORD_CHARACTER}`, "u");
const ENDS_WITH_WORD = new RegExp(`${WORD_CHARACTER}$`, "u");

/** Finds tokens in a text: leftmost, then longest match. */
class Finder {
  readonly #byText = new Map<string, Wanted>();
  /** Lengths of the texts by their first code unit, in descending order. */
  readonly #byFirst = new Map<string, Set<number>>();
  readonly #begins?: RegExp;

  constructor(wanted: readonly Wanted[]) {
    for (const one of wanted.toSorted((a, b) => b.text.length - a.text.length)) {
      const first = one.text[0], lengths = this.#byFirst.get(first) ?? new Set();
      this.#byFirst.set(first, lengths.add(one.text.length));
      if (!this.#byText.has(one.text)) this.#byText.set(one.text, one);
    }
    const units = [...this.#byFirst.keys()].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    if (units.length > 0) this.#begins = new RegExp(`[${units.join("")}]`, "g");
  }

  *#matches(text: string): Generator<Wanted & { readonly at: number }> {
    const begins = this.#begins;
    for (let at = 0; begins;) {
      begins.lastIndex = at;
      const next = begins.exec(text);
      if (!next) return;
      const found = this.#longestAt(text, next.index, this.#byFirst.get(next[0])!);
      if (found) yield { ...found, at: next.index };
      at = next.index + (found?.text.length ?? 1);
    }
  }

  #longestAt(text: string, at: number, lengths: ReadonlySet<number>): Wanted | undefined {
    for (const length of lengths) {
      const found = this.#byText.get(text.slice(at, at + length));
      if (found) return found;
    }
    return undefined;
  }

  /** Parts of a text: tokens, and the text between them. */
  split(text: string): (string | AddedToken)[] {
    const parts: (string | AddedToken)[] = [];
    let end = 0;
    for (const { at, token, text: { length } } of this.#matches(text)) {
      let [start, stop] = [at, at + length];
      if (token.single_word && (STARTS_WITH_WORD.test(text.slice(stop, stop + 2)) || endsWithWord(text, start))) {
        continue;
      }
      if (token.lstrip) { while (start > end && SPACE.test(text[start - 1])) start--; }
      if (token.rstrip) { while (stop < text.length && SPACE.test(text[stop])) stop++; }
      if (end < start) parts.push(text.slice(end, start));
      parts.push(token);
      end = stop;
    }
    if (end < text.length) parts.push(text.slice(end));
    return parts;
  }
}

/** Whether the character before an index belongs to a word. */
function endsWithWord(text: string, place: number): boolean {
  return ENDS_WITH_WORD.test(text.slice(Math.max(0, place - 2), place));
}

/** Splits texts at added tokens, and normalizes the text between them. */
export class AddedTokens {
  readonly #exact: Finder;
  readonly #normalized: Finder;

  /** Builds the search tables. */
  constructor(tokens: readonly AddedToken[], readonly normalize: Normalizer) {
    const wanted = tokens.map((token) => ({
      token,
      text: token.normalized ? normalize(token.content) : token.content,
    }));
    this.#exact = new Finder(wanted.filter(({ token }) => !token.normalized));
    this.#normalized = new Finder(wanted.filter(({ token, text }) => token.normalized && text !== ""));
  }

  /** The parts of a text in order: added tokens, and normalized text between them. */
  split(text: string): (string | AddedToken)[] {
    return this.#exact.split(text).flatMap((part) =>
      typeof part === "string" ? this.#normalized.split(this.normalize(part)) : [part]
    );
  }
}
