/**
 * Unigram: of all ways to cut a word into tokens the one with the greatest sum of scores.
 *
 * Source: T. Kudo 2018, "Subword Regularization", section 3.2, by the algorithm of Viterbi.
 *
 * @module
 */
import { describe, quote } from "../checkpoint/messages.ts";
import type { Entry } from "./entry.ts";
import { byteIds, idsOfBytes, unknownText, type Vocabulary, type WordModel } from "./vocabulary.ts";

/** What an unknown character costs beyond the worst token. */
const PENALTY = 10;

/** Characters of a piece at most: a word of n characters takes n times as many steps. */
const LONGEST = 1000;

/** Stands for the id of unknown characters where their bytes have tokens, and they themselves have none. */
const NONE = -1;

interface Pieces {
  readonly vocabulary: Vocabulary;
  readonly scores: readonly number[];
  /** Code units of the longest token that begins with a character. */
  readonly longest: ReadonlyMap<string, number>;
}

/** Reads a model of type Unigram. */
export function readUnigram(entry: Entry): WordModel {
  entry.only("type", "unk_id", "vocab", "byte_fallback");
  const pieces = readPieces(entry.at("vocab")), { vocabulary, scores } = pieces;
  const unknown = entry.at("unk_id").optional((entry) => entry.whole(0, scores.length - 1));
  const bytes = entry.at("byte_fallback").flag(false) ? byteIds(vocabulary) : undefined;
  const worst = scores.reduce((least, score) => Math.min(least, score), Infinity) - PENALTY;
  const idsOf = (text: string) => {
    const id = vocabulary.get(text);
    const ids = id !== undefined ? [id] : bytes && idsOfBytes(text, bytes);
    if (ids) return ids;
    if (unknown === undefined) throw unknownText(text);
    return [unknown];
  };
  const chosen = { unknown: unknown ?? (bytes && NONE), worst };
  return { vocabulary, encode: (word) => bestCut(word, pieces, chosen).flatMap(idsOf) };
}

/** Reads `[["token", score], …]`; ids are places. */
function readPieces(entry: Entry): Pieces {
  const vocabulary = new Map<string, number>(), scores: number[] = [], longest = new Map<string, number>();
  if (entry.length === 0) entry.refuse("is empty");
  for (let id = 0; id < entry.length; id++) {
    const piece = (entry.value as unknown[])[id] as [string, number];
    const fits = Array.isArray(piece) && piece.length === 2 && typeof piece[0] === "string" &&
      Number.isFinite(piece[1]);
    if (!fits) entry.item(id).refuse(`is ${describe(piece)}, expected a token and its score`);
    const [token, score] = piece, first = token.slice(0, 1);
    if (token.length > LONGEST) {
      entry.item(id).refuse(`has ${token.length} characters, at most ${LONGEST} are supported`);
    }
    if (vocabulary.has(token)) entry.item(id).refuse(`is ${quote(token)}, which is [${vocabulary.get(token)}], too`);
    vocabulary.set(token, id);
    scores.push(score);
    longest.set(first, Math.max(longest.get(first) ?? 0, token.length));
  }
  return { vocabulary, scores, longest };
}

/** The best cut; unknown characters side by side are one part. */
function bestCut(
  word: string,
  { vocabulary, scores, longest }: Pieces,
  { unknown, worst }: { readonly unknown?: number; readonly worst: number },
): string[] {
  const best = new Float64Array(word.length + 1), from = new Int32Array(word.length + 1).fill(-1);
  const ids = new Int32Array(word.length + 1);
  const offer = (start: number, end: number, score: number, id: number) => {
    if (from[end] >= 0 && best[start] + score <= best[end]) return;
    best[end] = best[start] + score;
    from[end] = start;
    ids[end] = id;
  };
  for (let start = 0, width; start < word.length; start += width) {
    width = word.codePointAt(start)! > 0xffff ? 2 : 1;
    const most = Math.min(longest.get(word[start]) ?? 0, word.length - start);
    for (let length = width; length <= most; length++) {
      const id = vocabulary.get(word.slice(start, start + length));
      if (id !== undefined) offer(start, start + length, scores[id], id);
    }
    if (vocabulary.has(word.slice(start, start + width))) continue;
    if (unknown === undefined) throw unknownText(word.slice(start, start + width));
    offer(start, start + width, worst, unknown);
  }
  const parts: string[] = [];
  let end = word.length;
  for (let right = false; end > 0; end = from[end]) {
    const part = word.slice(from[end], end), isUnknown = ids[end] === unknown;
    if (isUnknown && right) parts[parts.length - 1] = part + parts[parts.length - 1];
    else parts.push(part);
    right = isUnknown;
  }
  return parts.reverse();
}
