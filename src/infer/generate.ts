/**
 * Generation as a stream: tokens are drawn on the device with caches in place, and read some at a time.
 *
 * @module
 */
import { abortable } from "../common/abortable.ts";
import type { Tensor } from "../op/op.ts";
import { packRows } from "../model/batch.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { NO_TOKEN, type SamplingOptions, samplingRow } from "../ops/sample.ts";
import { single } from "../common/single.ts";
import { demandSeed } from "../common/whole.ts";
import { defaultRoom } from "./caches.ts";
import type { DecoderModel } from "./decoder.ts";
import { Decoding, type Step } from "./decoding.ts";
import { depthFault, notFinite } from "./decoding_options.ts";
import { TextPieces } from "./text_pieces.ts";
import { encodeText } from "./tokenizer.ts";

/** How ids are generated. Without any option the likeliest token is taken every time. */
export interface GenerateIdsOptions extends SamplingOptions {
  /** New tokens at most; unless given, as many as there are positions, and room in 512 MiB of keys and values. */
  maxNewTokens?: number;
  /** Divides the logits; 0 takes the likeliest token. 1 where topK, topP, minP or a seed is given, else 0, unless given. */
  temperature?: number;
  /**
   * The same seed draws the same tokens on the same device; 0 unless given. A whole number from −2³¹ to 2³¹ − 1; sequence b
   * of a batch has seed + b, modulo 2³².
   */
  seed?: number;
  /** Recursions of a routed model at most. */
  maxDepth?: number;
  /** Ends it: the reader gets the signal's reason. */
  signal?: AbortSignal;
}

/** How a text is continued. */
export interface GenerateOptions extends GenerateIdsOptions {
  /** Texts before which generation ends. */
  stop?: readonly string[];
}

/** A piece of generated text. */
export interface Piece {
  /** New text, possibly empty while a character is incomplete; at the end, bytes that are none become U+FFFD. */
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

/** Throws a RangeError for options out of range. */
export function checkGenerating({ recursion }: DecoderConfig, options: GenerateIdsOptions): void {
  samplingRow(samplingOf(options));
  demandSeed("generate", options.seed ?? 0);
  const fault = depthFault(recursion, options.maxDepth);
  if (fault) throw new RangeError(`Cannot generate: ${fault}`);
}

/** Steps that the device may be ahead of what was read. */
const KEPT = 64;

/** Milliseconds between readings; a stream that moves ten times a second feels live. */
const READING = 100;

/**
 * New tokens that may be made: as asked for, and as positions are left; where nothing is asked for, as there is `room`.
 *
 * Throws a RangeError unless `maxNewTokens` is a whole number (or infinite), and for prompts that leave no position to a
 * new token, or have more tokens than there are positions.
 */
export function budget(
  prompts: readonly ArrayLike<number>[],
  maxPositions: number,
  maxNewTokens = Infinity,
  room = maxPositions,
): number {
  if (!(maxNewTokens >= 0 && (Number.isInteger(maxNewTokens) || maxNewTokens === Infinity))) {
    throw new RangeError(`Cannot generate: maxNewTokens is ${maxNewTokens}, expected a whole number`);
  }
  const longest = Math.max(...prompts.map(({ length }) => length));
  if (longest > maxPositions || (longest === maxPositions && maxNewTokens > 0)) {
    throw new RangeError(`Cannot generate: the prompt has ${longest} tokens, and there are ${maxPositions} positions`);
  }
  return Math.min(maxNewTokens, (maxNewTokens === Infinity ? Math.max(room, longest + 1) : maxPositions) - longest);
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
 * Throws as `packRows` and `Decoding` do, for prompts that fill all positions, and options out of range, also where nothing
 * is to be generated; at a step whose logits are not finite; and for a second loop over the same generation.
 */
export function generateIds<T extends Tensor>(
  model: DecoderModel<T>,
  prompts: readonly ArrayLike<number>[],
  options: GenerateIdsOptions = {},
): AsyncGenerator<Step> {
  return single("generate", steps(model, prompts, options));
}

async function* steps<T extends Tensor>(
  model: DecoderModel<T>,
  prompts: readonly ArrayLike<number>[],
  options: GenerateIdsOptions,
): AsyncGenerator<Step> {
  model.check("generate");
  const { config, config: { eos, maxPositions } } = model;
  const { maxNewTokens, seed = 0, maxDepth, signal } = options;
  const budgeted = budget(prompts, maxPositions, maxNewTokens, defaultRoom(config, prompts.length));
  checkGenerating(config, options);
  packRows(prompts, config);
  signal?.throwIfAborted();
  if (budgeted === 0) return await model.device.ready([]);
  let left = budgeted, made = 0;
  const decoding = new Decoding(model, {
    seeds: prompts.map((_, b) => (seed + b) | 0),
    limit: Math.max(...prompts.map(({ length }) => length)) + budgeted,
    kept: KEPT,
    sampling: samplingOf(options),
    maxDepth,
  });
  try {
    decoding.prefill(prompts);
    const running = new Set(prompts.keys());
    for (let ahead = 1, started = performance.now(); ahead > 0; started = performance.now()) {
      if (left < budgeted) decoding.step(ahead);
      const read = await abortable(decoding.read(), signal);
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
      left -= ahead;
      ahead = Math.min(left, KEPT, paced(ahead, spent));
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
 * Throws for an empty text, a model without tokenizer, a prompt that fills all positions, and options out of range, also
 * where nothing is to be generated; at a step whose logits are not finite; and for a second loop over the same generation.
 */
export function generate<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: string,
  options: GenerateOptions = {},
): AsyncGenerator<Piece> {
  return single("generate", pieces(model, prompt, options));
}

async function* pieces<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: string,
  options: GenerateOptions,
): AsyncGenerator<Piece> {
  model.check("generate");
  const ids = encodeText(model.tokenizer, prompt);
  const text = new TextPieces<Piece>(model.tokenizer, ids, options.stop ?? []);
  for await (const { ids: [id], depth: [depth], logProbs, scores } of steps(model, [ids], options)) {
    if (model.config.eos.includes(id)) break;
    yield* text.push({ id, depth, logProb: logProbs[0], score: scores[0] });
    if (text.stopped) return;
  }
  yield* text.end();
}
