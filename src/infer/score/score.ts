/**
 * Scores of continuations of a prompt.
 *
 * @module
 */
import { checkOptions, number, oneOf, type OptionKinds, requireList, signal } from "../../common/options.ts";
import { demandWhole } from "../../common/whole.ts";
import type { Tensor } from "../../op/op.ts";
import { MOST_TOP } from "../../ops/top_log_probs.ts";
import type { DecoderModel } from "../decoder.ts";
import type { ScoredSequence } from "./score_inputs.ts";
import { continuationIds, type TextOrIds } from "./scored_texts.ts";
import { describeTokens, type TokenScore } from "./token_list.ts";
import type { TokenScores } from "./token_scores.ts";

/** How tokens are selected by routed recursions, and what is reported of each. */
export interface SelectionOptions {
  /** How expert-choice recursions choose: `threshold` is causal, `topk` looks at all rows of a sequence as in training. */
  selection?: "threshold" | "topk";
  /** Likeliest tokens reported at the place of every token, at most 64; none unless given. */
  topLogProbs?: number;
  /** Ends scoring: the caller gets the signal's reason. */
  signal?: AbortSignal;
}

/** How continuations are scored. */
export interface ScoreOptions extends SelectionOptions {
  /** Tokens of prompt and continuation at most; one more than the model has positions unless given. */
  maxLength?: number;
  /** Removes tokens at the start of the prompt where there are too many; without it they are refused. */
  truncate?: "start";
}

/** The score of a continuation. */
export interface Score {
  /** log p(continuation | prompt), nats: the sum over its tokens. */
  readonly logProb: number;
  /** Whether every token of it is the likeliest one at its place. */
  readonly greedy: boolean;
  /** Its tokens. */
  readonly tokens: readonly TokenScore[];
  /** Tokens of the prompt that were read. */
  readonly promptTokens: number;
  /** Tokens removed from the start of the prompt. */
  readonly cutTokens: number;
}

/** Kinds of {@link SelectionOptions}. */
export const SELECTION_KINDS: OptionKinds<SelectionOptions> = {
  selection: oneOf(["threshold", "topk"]),
  topLogProbs: number,
  signal,
};

/** Throws a RangeError unless so many top tokens can be reported of a vocabulary of V. */
export function checkTop(topLogProbs: number, V: number): void {
  demandWhole("score", "topLogProbs", topLogProbs, 0, Math.min(MOST_TOP, V));
}

/**
 * A sequence of at most `most` tokens: without tokens at the start of the prompt, if that is allowed. Throws a RangeError
 * with the number of tokens otherwise, and where the continuation alone has too many.
 */
export function fittedSequence(
  { ids, from }: ScoredSequence,
  most: number,
  { truncate }: Pick<ScoreOptions, "truncate">,
  name: string,
): ScoredSequence {
  const over = ids.length - most;
  if (over <= 0) return { ids, from };
  const tokens = `prompt and ${name} have ${ids.length} tokens, ${most} is the most`;
  if (truncate === undefined) throw new RangeError(`Cannot score: ${tokens}; truncate: "start" shortens the prompt`);
  if (over < from) return { ids: Array.from(ids).slice(over), from: from - over };
  throw new RangeError(`Cannot score: ${tokens}, and ${name} has ${ids.length - from} of them`);
}

/** The sum of numbers in double precision. */
export const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);

/**
 * Scores continuations of a prompt, one result each: log p(continuation | prompt) = Σ_t log p(token t | all before it).
 *
 * Texts are divided into ids as by lm-evaluation-harness (see {@link continuationIds}). Throws a RangeError for an empty
 * continuation, an empty prompt of a model without a token that begins a text, ids outside the vocabulary, and more tokens
 * than `maxLength`; an Error for texts without a tokenizer, and for logits that are not finite.
 */
export async function score<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: TextOrIds,
  continuations: readonly TextOrIds[],
  options: ScoreOptions = {},
): Promise<Score[]> {
  model.check("score");
  checkOptions("score", options, { ...SELECTION_KINDS, maxLength: number, truncate: oneOf(["start"]) });
  requireList("score", "continuations", continuations);
  const { config: { V, maxPositions } } = model,
    { maxLength = maxPositions + 1, topLogProbs = 0, selection, signal } = options;
  demandWhole("score", "maxLength", maxLength, 2, maxPositions + 1);
  checkTop(topLogProbs, V);
  const whole = continuations.map((one, i) => continuationIds(model, prompt, one, `continuation ${i + 1}`));
  const sequences = whole.map((one, i) => fittedSequence(one, maxLength, options, `continuation ${i + 1}`));
  const scores = await model.tokenScores(sequences, { selection, k: Math.max(1, topLogProbs), signal });
  return scores.map((one, i) => scoreOf(model, sequences[i], one, topLogProbs, whole[i].from - sequences[i].from));
}

function scoreOf<T extends Tensor>(
  { tokenizer }: DecoderModel<T>,
  sequence: ScoredSequence,
  scores: TokenScores,
  top: number,
  cutTokens: number,
): Score {
  return {
    logProb: sumOf(scores.logProbs),
    greedy: scores.greedy.every((one) => one === 1),
    tokens: describeTokens(tokenizer, sequence, scores, top),
    promptTokens: sequence.from,
    cutTokens,
  };
}
