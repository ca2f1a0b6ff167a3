/**
 * Vocabularies: tokens by text and by id.
 *
 * @module
 */
import { quote } from "../checkpoint/messages.ts";
import { type Entry, MOST_IDS } from "./entry.ts";

/** Ids by token. */
export type Vocabulary = ReadonlyMap<string, number>;

/** What encodes words. */
export interface WordModel {
  /** Ids by token. */
  readonly vocabulary: Vocabulary;
  /** Ids of one word. Throws a RangeError where a part of it has no token and there is none for unknown parts. */
  encode(word: string): readonly number[];
}

/** Reads `model.vocab`. Throws unless it is an object of whole numbers below 2²⁶, each of them once. */
export function readVocabulary(entry: Entry): Vocabulary {
  entry.keys();
  const vocabulary = new Map<string, number>(), tokens = new Map<number, string>();
  for (const [token, id] of Object.entries(entry.value as Record<string, unknown>)) {
    if (!(Number.isSafeInteger(id) && id as number >= 0 && id as number < MOST_IDS)) entry.at(token).whole();
    const other = tokens.get(id as number);
    if (other !== undefined) entry.at(token).refuse(`is ${id}, which is the id of ${quote(other)}, too`);
    vocabulary.set(token, id as number);
    tokens.set(id as number, token);
  }
  return vocabulary;
}

/** The id of a token that an entry names. Throws where the vocabulary lacks it. */
export function idOf(entry: Entry, vocabulary: Vocabulary): number {
  const id = vocabulary.get(entry.text());
  return id ?? entry.refuse(`is ${quote(entry.text())}, which is not in the vocabulary`);
}

/** Ids of the tokens `<0x00>` … `<0xFF>`, undefined for a byte that has none. */
export function byteIds(vocabulary: Vocabulary): (number | undefined)[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const code = byte.toString(16).toUpperCase().padStart(2, "0");
    return vocabulary.get(`<0x${code}>`);
  });
}

const utf8 = new TextEncoder();

/** Ids of a text's bytes, undefined unless every one of them has a token. */
export function idsOfBytes(text: string, ids: readonly (number | undefined)[]): number[] | undefined {
  const found = Array.from(utf8.encode(text), (byte) => ids[byte]);
  return found.every((id) => id !== undefined) ? found : undefined;
}

/** The error of a text without tokens. */
export function unknownText(text: string): RangeError {
  return new RangeError(
    `Cannot encode text: ${quote(text)} has no token in tokenizer.json, and its model has none for unknown text`,
  );
}
