/**
 * Generation as a stream: tokens are drawn on the device with caches in place, and read some at a time.
 *
 * @module
 */
import type { Tensor } from "../op.ts";
import { NO_TOKEN, type SamplingOptions } from "../ops/sample.ts";
import type { DecoderModel } from "./decoder.ts";
import { Decoding, type Step } from "./decoding.ts";
import { notFinite } from "./decoding_options.ts";
import { StopText } from "./stop_text.ts";
import { encodeText, TextStream } from "./tokenizer.ts";

/** How ids are generated. Without any option the likeliest token is taken every time. */
export interface GenerateIdsOptions extends SamplingOptions {
  /** New tokens at most; as many as there are positions unless given. */
  maxNewTokens?: number;
  /** Divides the logits; 0 takes the likeliest token. 1 where topK, topP, minP or a seed is given, else 0, unless given. */
  temperature?: number;
  /** The same seed draws the same tokens on the same device; 0 unless given. Sequence b of a batch has seed + b. */
  seed?: number;
  /** Recursions of a routed model at most. */
  maxDepth?: number;
  /** Aborts between readings. */
  signal?: AbortSignal;
}

/** How a text is continued. */
export interface GenerateOptions extends GenerateIdsOptions {
  /** Texts before which generation ends. */
  stop?: readonly string[];
}

/** A piece of generated text. */
export interface Piece {
  /** New text, possibly empty while a character is incomplete. */
  readonly text: string;
  /** The token. */
  readonly id: number;
  /** Recursions that the token before it ran, which chose it. */
  readonly depth: number;
  /** Its log-probability under the model, before temperature and filters. */
  readonly logProb: number;
  /**
   * What the router gave the token before it. Expert-choice: raw logit of the last recursion that ran. Token-choice: the
   * weight. 0 without routing.
   */
  readonly score: number;
}

/** Steps that the device may be ahead of what was read. */
const KEPT = 64;

/** Milliseconds between readings; a stream that moves ten times a second feels live. */
const READING = 100;

/**
 * New tokens that may be made: as asked for, and as positions are left.
 *
 * Throws a RangeError unless `maxNewTokens` is a whole number (or infinite), and where no positions are left.
 */
export function budget(prompts: readonly ArrayLike<number>[], maxPositions: number, maxNewTokens = Infinity): number {
  if (!(maxNewTokens >= 0 && (Number.isInteger(maxNewTokens) || maxNewTokens === Infinity))) {
    throw new RangeError(`Cannot generate: maxNewTokens is ${maxNewTokens}, expected a whole number`);
  }
  const longest = Math.max(...prompts.map(({ length }) => length));
  if (longest >= maxPositions && maxNewTokens > 0) {
    throw new RangeError(`Cannot generate: the prompt has ${longest} tokens, and there are ${maxPositions} positions`);
  }
  return Math.min(maxNewTokens, maxPositions - longest);
}

/** The options of `sample`, greedy unless something asks for chance. */
export function samplingOf(
  { temperature, seed, topK, topP, minP, repetitionPenalty }: GenerateIdsOptions,
): SamplingOptions {
  const chance = [seed, topK, topP, minP].some((option) => option !== undefined);
  return { temperature: temperature ?? Number(chance), topK, topP, minP, repetitionPenalty };
}

/**
 * Generates for a batch of prompts of ids, a step at a time; a sequence ends with one of the model's end tokens.
 *
 * Throws as `Decoding` does, for prompts that fill all positions, and at a step whose logits are not finite.
 */
export async function* generateIds<T extends Tensor>(
  model: DecoderModel<T>,
  prompts: readonly ArrayLike<number>[],
  options: GenerateIdsOptions = {},
): AsyncGenerator<Step> {
  const { config: { eos, maxPositions } } = model;
  const { maxNewTokens, seed = 0, maxDepth, signal } = options;
  const budgeted = budget(prompts, maxPositions, maxNewTokens);
  if (budgeted === 0) return;
  let left = budgeted, made = 0;
  const decoding = new Decoding(model, {
    seeds: prompts.map((_, b) => (seed + b) | 0),
    limit: Math.max(...prompts.map(({ length }) => length)) + budgeted,
    kept: KEPT,
    sampling: samplingOf(options),
    maxDepth,
  });
  try {
    signal?.throwIfAborted();
    decoding.prefill(prompts);
    const running = new Set(prompts.keys());
    for (let steps = 1, started = performance.now(); steps > 0; started = performance.now()) {
      if (left < budgeted) { for (let i = 0; i < steps; i++) decoding.step(); }
      const read = await decoding.read();
      const spent = performance.now() - started;
      for (const step of read) {
        made++;
        const fault = step.ids.indexOf(NO_TOKEN);
        if (fault >= 0) throw notFinite(made, prompts.length > 1 ? fault : undefined);
        yield step;
        for (const b of running) if (eos.includes(step.ids[b])) running.delete(b);
        if (running.size === 0) return;
      }
      signal?.throwIfAborted();
      left -= steps;
      steps = Math.min(left, KEPT, paced(steps, spent));
    }
  } finally {
    decoding.dispose();
  }
}

/** Steps that take about as long as there may be between two readings, at most twice as many as before. */
export function paced(steps: number, milliseconds: number, reading = READING): number {
  return Math.max(1, Math.min(2 * steps, Math.floor(steps * reading / milliseconds)));
}

/**
 * Continues a text, piece by piece.
 *
 * Throws for an empty text, a model without tokenizer, a prompt that fills all positions, options out of range, and at a
 * step whose logits are not finite.
 */
export async function* generate<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: string,
  options: GenerateOptions = {},
): AsyncGenerator<Piece> {
  const ids = encodeText(model.tokenizer, prompt);
  const stream = new TextStream(model.tokenizer!, ids);
  const stops = new StopText<Piece>(options.stop ?? []);
  for await (const { ids: [id], depth: [depth], logProbs, scores } of generateIds(model, [ids], options)) {
    if (model.config.eos.includes(id)) break;
    yield* stops.push({ text: stream.push(id), id, depth, logProb: logProbs[0], score: scores[0] });
    if (stops.stopped) return;
  }
  yield* stops.rest();
}
