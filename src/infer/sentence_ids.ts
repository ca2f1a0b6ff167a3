/**
 * Ids of texts as their checkpoint declares them: with the default prompt, in lower case, cut to the most tokens.
 *
 * @module
 */
import type { SentenceConfig } from "../model/config/sentence.ts";
import { countAfter, idsBefore } from "./frame.ts";
import { encodeText, type Tokenizer } from "./tokenizer.ts";
import { fitSequences, type FittedSequences, lengthOf, type TruncateOptions } from "./truncation.ts";
import { checkEmbedding, type EmbedOptions } from "./vectors.ts";

/** What texts are encoded with. */
interface SentenceModel {
  readonly tokenizer?: Tokenizer;
  readonly sentence?: SentenceConfig;
  readonly config: { readonly maxPositions: number };
}

/** Ids of a whole text. Throws as {@link encodeText} does. */
function wholeIds({ tokenizer, sentence }: SentenceModel, text: string): number[] {
  if (!sentence || text === "") return encodeText(tokenizer, text);
  const whole = sentence.prompt + text;
  return encodeText(tokenizer, sentence.lowerCase ? whole.toLowerCase() : whole);
}

/** Texts of at most `most` tokens; special ones at both ends stay. */
function fitted(
  model: SentenceModel,
  texts: readonly string[],
  { most, truncate, name }: Pick<TruncateOptions, "truncate"> & { most: number; name: (index: number) => string },
): FittedSequences {
  const all = texts.map((text) => wholeIds(model, text));
  const longer = truncate !== undefined && all.some(({ length }) => length > most), { tokenizer } = model;
  const frame = longer ? { before: idsBefore(tokenizer!).length, after: countAfter(tokenizer!) } : undefined;
  return fitSequences(all, { action: "encode", most, truncate, name, frame });
}

/** Ids of a text, cut at its end to the declared length, if one is declared. Throws as {@link encodeText} does. */
export function idsOfText(model: SentenceModel, text: string): number[] {
  const most = model.sentence?.maxTokens ?? Infinity;
  return Array.from(fitted(model, [text], { most, truncate: "end", name: () => "the text" }).sequences[0]);
}

/**
 * Ids of texts to be made vectors of. Without `maxLength` a declared length holds, at which texts are cut at their ends.
 *
 * Throws as {@link encodeText} does, and a RangeError for longer texts unless `truncate` names an end.
 */
export function fitTexts(model: SentenceModel, texts: readonly string[], options: EmbedOptions): FittedSequences {
  checkEmbedding(options);
  const { maxLength, truncate, name = (index: number) => `text ${index + 1}` } = options;
  const positions = lengthOf("encode", maxLength, model.config.maxPositions), declared = model.sentence?.maxTokens;
  if (declared === undefined || maxLength !== undefined) {
    return fitted(model, texts, { most: positions, truncate, name });
  }
  return fitted(model, texts, { most: declared, truncate: truncate ?? "end", name });
}

/** Sequences of ids to be made vectors of. Throws a RangeError for longer ones unless `truncate` names an end. */
export function fitEmbedded(
  sequences: readonly ArrayLike<number>[],
  { maxPositions }: { readonly maxPositions: number },
  options: EmbedOptions,
): FittedSequences {
  checkEmbedding(options);
  const { maxLength, truncate, name = (index: number) => `sequence ${index + 1}` } = options;
  const most = lengthOf("encode", maxLength, maxPositions);
  return fitSequences(sequences, { action: "encode", most, truncate, name });
}
