/** Tokens of answers, scored by a forward pass where a request asks for more than the chosen tokens' probabilities. */
import type { Generation } from "../../src/infer/engine/api.ts";
import type { Piece } from "../../src/infer/generate_options.ts";
import { type TopToken, topTokens } from "../../src/infer/score/token_list.ts";
import type { TokenScores } from "../../src/infer/score/token_scores.ts";
import { TextStream, type Tokenizer } from "../../src/infer/tokenizer.ts";
import type { ServedDecoder } from "./service.ts";

/** A token of an answer; every {@link Piece} is one. */
export interface AnswerToken {
  readonly id: number;
  /** The text that it adds. */
  readonly text: string;
  /** Its log-probability under the tokens before it; null for a first token. */
  readonly logProb: number | null;
  /** Recursions of the token before it; null for a first token. */
  readonly depth: number | null;
  /** Router score of the token before it; null for tokens of a prompt. */
  readonly score: number | null;
  /** The likeliest tokens at its place, best first. */
  readonly top?: readonly TopToken[];
}

/** What a request asks for beyond the log-probabilities of generated tokens. */
export interface Scoring {
  /** Ids of the prompt. */
  readonly prompt: readonly number[];
  /** Whether tokens of the prompt are scored, too. */
  readonly echo: boolean;
  /** Likeliest tokens at each place. */
  readonly top: number;
}

/** A choice of an answer. */
export interface AnyChoice {
  readonly generation: Generation;
  readonly scoring?: Scoring;
}

/** The pieces of a choice so far. */
export interface ChoicePieces {
  readonly choice: AnyChoice;
  readonly pieces: readonly Piece[];
  /** Number of pieces that were scored before, with the prompt; 0 unless given. */
  readonly before?: number;
}

/** The new tokens of a choice: those of an echoed prompt if they are scored, and the generated ones. */
export interface ChoiceTokens {
  readonly prompt: readonly AnswerToken[];
  readonly made: readonly AnswerToken[];
}

/** Name of a token in an answer: its text, or that of a special token. */
export function tokenName(
  { special }: Tokenizer,
  { id, text }: { readonly id: number; readonly text: string },
): string {
  return text === "" ? special?.get(id) ?? "" : text;
}

/** Generates the tokens of choices, and scores choices that ask for it together. Throws the signal's reason. */
export async function scoredTokens(
  { tokenizer, tokenScores }: ServedDecoder,
  choices: readonly ChoicePieces[],
  signal: AbortSignal,
): Promise<ChoiceTokens[]> {
  const sequences = choices.map(({ choice: { scoring }, pieces, before = 0 }) => {
    if (!scoring) return undefined;
    const ids = [...scoring.prompt, ...pieces.map(({ id }) => id)], whole = scoring.echo && before === 0;
    return { ids, from: whole ? 1 : scoring.prompt.length + before };
  });
  const wanted = sequences.filter((one) => one !== undefined && one.from < one.ids.length) as NonNullable<
    typeof sequences[0]
  >[];
  const k = Math.max(1, ...choices.map(({ choice }) => choice.scoring?.top ?? 0));
  const scores = wanted.length > 0 ? await tokenScores(wanted, { k, signal }) : [];
  return choices.map(({ choice: { scoring }, pieces, before = 0 }, i) => {
    const sequence = sequences[i];
    if (!scoring || !sequence) return { prompt: [], made: pieces.slice(before) };
    const at = wanted.indexOf(sequence), { ids, from } = sequence, { length } = scoring.prompt;
    const scored = (t: number) =>
      at < 0 || t < from ? {} : scoreOf(tokenizer, ids, t, scores[at], { from, ...scoring });
    const made = pieces.map((piece, j) => ({ ...piece, ...scored(length + j), depth: piece.depth })).slice(before);
    const stream = scoring.echo && before === 0 ? new TextStream(tokenizer, []) : undefined;
    const prompt = (stream ? scoring.prompt : []).map((id, t): AnswerToken => {
      return { id, text: stream!.push(id), logProb: null, depth: null, score: null, ...scored(t) };
    });
    return { prompt, made };
  });
}

/** The score of token t: log-probabilities of the chosen token and of the likeliest ones are those of one distribution. */
function scoreOf(
  tokenizer: Tokenizer,
  ids: readonly number[],
  t: number,
  scores: TokenScores,
  { from, top }: { readonly from: number; readonly top: number },
) {
  const i = t - from, k = scores.topIds.length / scores.logProbs.length;
  const listed = scores.topIds.subarray(i * k, (i + 1) * k).indexOf(ids[t]);
  return {
    logProb: listed < 0 ? scores.logProbs[i] : scores.topLogProbs[i * k + listed],
    depth: scores.depths[i],
    top: topTokens(tokenizer, ids[t - 1], scores, { i, top }),
  };
}
