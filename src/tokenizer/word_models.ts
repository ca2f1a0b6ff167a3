/**
 * Models that look words up: WordPiece and WordLevel.
 *
 * Source: M. Schuster and K. Nakajima 2012, "Japanese and Korean Voice Search", as BERT reads it: the longest match first.
 *
 * @module
 */
import type { Entry } from "./entry.ts";
import { idOf, readVocabulary, unknownText, type WordModel } from "./vocabulary.ts";

/** Reads a model of type WordPiece. */
export function readWordPiece(entry: Entry): WordModel {
  entry.only("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
  const vocabulary = readVocabulary(entry.at("vocab"));
  const unknown = [idOf(entry.at("unk_token"), vocabulary)];
  const prefix = entry.at("continuing_subword_prefix").text(),
    most = entry.at("max_input_chars_per_word").whole(0, 10_000);
  let longest = 0;
  for (const token of vocabulary.keys()) longest = Math.max(longest, token.length);
  return {
    vocabulary,
    encode(word) {
      const characters = [...word], ids: number[] = [];
      if (characters.length > most) return unknown;
      for (let start = 0, end; start < characters.length; start = end) {
        let id: number | undefined;
        for (end = Math.min(characters.length, start + longest); end > start; end--) {
          id = vocabulary.get((start > 0 ? prefix : "") + characters.slice(start, end).join(""));
          if (id !== undefined) break;
        }
        if (id === undefined) return unknown;
        ids.push(id);
      }
      return ids;
    },
  };
}

/** Reads a model of type WordLevel: every word is a token. */
export function readWordLevel(entry: Entry): WordModel {
  entry.only("type", "unk_token", "vocab");
  const vocabulary = readVocabulary(entry.at("vocab"));
  const unknown = vocabulary.get(entry.at("unk_token").text());
  const idOfWord = (word: string) => {
    const id = vocabulary.get(word) ?? unknown;
    if (id === undefined) throw unknownText(word);
    return id;
  };
  return { vocabulary, encode: (word) => [idOfWord(word)] };
}
