/**
 * Training of byte-level byte-pair encoding: from counted words to a list of merges.
 *
 * Source: R. Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", algorithm 1, on bytes.
 *
 * @module
 */
import { BYTE_CHARACTERS, wordsOf } from "../../tokenizer/byte_level.ts";
import { Heap } from "../../common/heap.ts";

/** A trained byte-pair encoding. */
export interface Merges {
  /** Tokens by id, in the characters of their bytes: the 256 bytes, then the merged tokens. */
  readonly tokens: readonly string[];
  /** Pairs of tokens in the order in which they are merged. */
  readonly merges: readonly (readonly [string, string])[];
}

/** Minimum count of a merged pair. */
const LEAST_COUNT = 2;

/** Adds the words of a text to counts. */
export function countWords(text: string, counts: Map<string, number>): void {
  for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
}

/**
 * Merges the most frequent pair of neighbouring tokens until there are V tokens; of equally frequent pairs the one with
 * the lower ids is merged first, so that the result is deterministic.
 *
 * Throws a RangeError when V is below 256, or the words cannot give so many tokens; with `fewer` all that they give are
 * then the result.
 *
 * ```ts
 * import { countWords, trainBpe } from "@refrain/transformers/train";
 * const counts = new Map<string, number>();
 * countWords("hug hug hug", counts);
 * trainBpe(counts, 258).merges; // [["h", "u"], ["hu", "g"]], three times each
 * ```
 */
export function trainBpe(counts: ReadonlyMap<string, number>, V: number, { fewer = false } = {}): Merges {
  const tokens = [...BYTE_CHARACTERS].sort();
  if (!(Number.isSafeInteger(V) && V >= tokens.length)) {
    throw new RangeError(`Cannot train a tokenizer: ${V} tokens, the ${tokens.length} bytes need one each`);
  }
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const pairs = new Pairs(counts, BYTE_CHARACTERS.map((character) => ids.get(character)!));
  const merges: [string, string][] = [];
  while (tokens.length < V) {
    const pair = pairs.best();
    if (!pair) {
      if (fewer) break;
      throw new RangeError(
        `Cannot train a tokenizer: the text gives ${tokens.length} tokens beside special ones, ${V} are wanted`,
      );
    }
    const [left, right] = [tokens[pair[0]], tokens[pair[1]]];
    const merged = left + right;
    // Two pairs with the same text, such as (a, bc) and (ab, c), share an id.
    if (!ids.has(merged)) ids.set(merged, tokens.push(merged) - 1);
    pairs.merge(pair, ids.get(merged)!);
    merges.push([left, right]);
  }
  return { tokens, merges };
}

/** A pair of ids as one number; ids are below 2²⁶. */
const keyOf = (left: number, right: number) => left * 2 ** 26 + right;

/** Counts of neighbouring tokens over all words, kept up to date as pairs are merged. */
class Pairs {
  readonly #words: { ids: number[]; readonly count: number }[];
  readonly #counts = new Map<number, number>();
  /** Words that contain a pair, or did before a merge. */
  readonly #places = new Map<number, Set<number>>();
  /** Upper bounds of the counts: a pair's count when it last grew. */
  readonly #queue = new Heap<{ key: number; count: number }>(
    (a, b) => a.count > b.count || a.count === b.count && a.key < b.key,
  );

  constructor(counts: ReadonlyMap<string, number>, idOfByte: readonly number[]) {
    const encoder = new TextEncoder();
    this.#words = [...counts].map(([word, count]) => ({
      ids: Array.from(encoder.encode(word), (byte) => idOfByte[byte]),
      count,
    }));
    this.#words.forEach((_, place) => this.#count(place, 1));
    for (const [key, count] of this.#counts) this.#queue.push({ key, count });
  }

  /** Adds (sign 1) or subtracts (sign −1) the pairs of a word. */
  #count(place: number, sign: 1 | -1): void {
    const { ids, count } = this.#words[place];
    for (let i = 0; i + 1 < ids.length; i++) {
      const key = keyOf(ids[i], ids[i + 1]);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + sign * count);
      if (sign < 0) continue;
      const places = this.#places.get(key);
      if (places) places.add(place);
      else this.#places.set(key, new Set([place]));
    }
  }

  /** The most frequent pair that occurs often enough. */
  best(): [number, number] | undefined {
    for (let entry; (entry = this.#queue.pop());) {
      const { key } = entry, count = this.#counts.get(key) ?? 0;
      if (count < LEAST_COUNT) continue;
      if (count === entry.count) return [Math.floor(key / 2 ** 26), key % 2 ** 26];
      this.#queue.push({ key, count });
    }
  }

  /** Replaces a pair by one token in every word. */
  merge([left, right]: [number, number], merged: number): void {
    const key = keyOf(left, right), grown = new Set<number>();
    for (const place of this.#places.get(key) ?? []) {
      this.#count(place, -1);
      const word = this.#words[place], ids: number[] = [];
      for (let i = 0; i < word.ids.length; i++) {
        const here = word.ids[i] === left && word.ids[i + 1] === right;
        ids.push(here ? merged : word.ids[i]);
        if (here) i++;
      }
      word.ids = ids;
      this.#count(place, 1);
      for (let i = 0; i + 1 < ids.length; i++) {
        if (ids[i] === merged || ids[i + 1] === merged) grown.add(keyOf(ids[i], ids[i + 1]));
      }
    }
    this.#places.delete(key);
    for (const pair of grown) this.#queue.push({ key: pair, count: this.#counts.get(pair)! });
  }
}
