/**
 * Byte-pair encoding of words by a list of merges.
 *
 * Source: R. Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units".
 *
 * @module
 */
import { describe, quote } from "../checkpoint/messages.ts";
import { Heap } from "../common/heap.ts";
import { type Entry, MOST_IDS } from "./entry.ts";
import { byteIds, idsOfBytes, readVocabulary, unknownText, type Vocabulary, type WordModel } from "./vocabulary.ts";

/** Maximum length of a cached word, and size of the cache. */
const LONGEST_KNOWN = 64, MOST_KNOWN = 200_000;

/** Merges by pair of ids: rank in the list, and id of the result. */
interface Merges {
  readonly ranks: ReadonlyMap<number, number>;
  readonly results: readonly number[];
}

const keyOf = (left: number, right: number) => left * MOST_IDS + right;

/** Reads a model of type BPE. Throws for merges of tokens outside the vocabulary, and for dropout. */
export function readBpe(entry: Entry): WordModel {
  entry.only(
    ...["type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk"],
    ...["byte_fallback", "ignore_merges", "vocab", "merges"],
  );
  const dropout = entry.at("dropout");
  if (dropout.given && dropout.number() !== 0) dropout.refuse(`is ${dropout.number()}, only 0 and null are supported`);
  const vocabulary = readVocabulary(entry.at("vocab"));
  const prefix = entry.at("continuing_subword_prefix").optional((entry) => entry.text()) ?? "";
  return new Bpe(vocabulary, readMerges(entry.at("merges"), vocabulary, prefix.length), {
    prefix,
    suffix: entry.at("end_of_word_suffix").optional((entry) => entry.text()) ?? "",
    unknown: entry.at("unk_token").optional((entry) => vocabulary.get(entry.text())),
    fuses: entry.at("fuse_unk").flag(false),
    bytes: entry.at("byte_fallback").flag(false) ? byteIds(vocabulary) : undefined,
    whole: entry.at("ignore_merges").flag(false),
  });
}

/** Reads merges, each `["a", "b"]` or `"a b"`; the last of repeated pairs counts. */
function readMerges(entry: Entry, vocabulary: Vocabulary, prefix: number): Merges {
  const ranks = new Map<number, number>(), results: number[] = [];
  for (let rank = 0; rank < entry.length; rank++) {
    const value = (entry.value as unknown[])[rank];
    const pair = typeof value === "string" ? value.split(" ") : value;
    if (!(Array.isArray(pair) && pair.length === 2 && pair.every((token) => typeof token === "string"))) {
      entry.item(rank).refuse(`is ${describe(value)}, expected two tokens`);
    }
    const [left, right] = pair as [string, string];
    const [a, b, id] = [left, right, left + right.slice(prefix)].map((token) =>
      vocabulary.get(token) ??
        entry.item(rank).refuse(`needs the token ${quote(token)}, which is not in the vocabulary`)
    );
    ranks.set(keyOf(a, b), rank);
    results.push(id);
  }
  return { ranks, results };
}

interface BpeOptions {
  /** Prefix of every character of a word except the first. */
  readonly prefix: string;
  /** Suffix of the last character of a word. */
  readonly suffix: string;
  /** Id of the unknown token. */
  readonly unknown?: number;
  /** Whether adjacent unknown characters are one token. */
  readonly fuses: boolean;
  /** Ids of byte tokens, the fallback of unknown characters. */
  readonly bytes?: readonly (number | undefined)[];
  /** Whether merges are skipped for a word that is a token. */
  readonly whole: boolean;
}

/** A candidate merge: position, rank in the list, and id of the result. */
interface Candidate {
  readonly at: number;
  readonly rank: number;
  readonly id: number;
}

class Bpe implements WordModel {
  readonly #known = new Map<string, readonly number[]>();

  constructor(readonly vocabulary: Vocabulary, readonly merges: Merges, readonly options: BpeOptions) {}

  encode(word: string): readonly number[] {
    const known = this.#known.get(word);
    if (known) return known;
    const whole = this.options.whole ? this.vocabulary.get(word) : undefined;
    const ids = whole === undefined ? this.#merge(this.#characters(word)) : [whole];
    if (word.length > LONGEST_KNOWN) return ids;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(word, ids);
    return ids;
  }

  /** Ids of a word's characters. An unknown token before byte tokens is moved after them, as in the fast tokenizers. */
  #characters(word: string): number[] {
    const { prefix, suffix, unknown, fuses, bytes } = this.options;
    const characters = [...word], ids: number[] = [];
    let pending = false;
    characters.forEach((character, i) => {
      const text = (i > 0 ? prefix : "") + character + (i + 1 === characters.length ? suffix : "");
      const id = this.vocabulary.get(text), fallback = id === undefined && bytes && idsOfBytes(text, bytes);
      if (fallback) return ids.push(...fallback);
      if (id === undefined && unknown === undefined) throw unknownText(text);
      if (pending && (id !== undefined || !fuses)) ids.push(unknown!);
      if (id !== undefined) ids.push(id);
      pending = id === undefined;
    });
    if (pending) ids.push(unknown!);
    return ids;
  }

  /** Merges the pair of lowest rank, of equal ones the leftmost, until none is left; O(n log n). */
  #merge(ids: number[]): number[] {
    const { ranks, results } = this.merges;
    const next = ids.map((_, i) => i + 1), before = ids.map((_, i) => i - 1), length = ids.length;
    const queue = new Heap<Candidate>((a, b) => a.rank < b.rank || a.rank === b.rank && a.at < b.at);
    const consider = (at: number) => {
      if (at < 0 || next[at] >= length) return;
      const rank = ranks.get(keyOf(ids[at], ids[next[at]]));
      if (rank !== undefined) queue.push({ at, rank, id: results[rank] });
    };
    for (let at = 0; at + 1 < length; at++) consider(at);
    for (let candidate; (candidate = queue.pop());) {
      const { at, id } = candidate, right = next[at];
      if (ids[at] < 0 || right >= length) continue;
      const rank = ranks.get(keyOf(ids[at], ids[right]));
      if (rank === undefined || results[rank] !== id) continue; // one of the two has been merged
      ids[at] = id;
      ids[right] = -1;
      next[at] = next[right];
      if (next[right] < length) before[next[right]] = at;
      consider(before[at]);
      consider(at);
    }
    return ids.filter((id) => id >= 0);
  }
}
