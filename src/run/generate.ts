/**
 * Greedy generation under causal routing, whole texts at a time.
 *
 * @module
 */
import type { Tensor } from "../op.ts";
import type { DecoderModel } from "./decoder.ts";
import { encodeText, TextStream } from "./tokenizer.ts";

/** When generation ends. */
export interface GenerateOptions {
  /** New tokens at most; as many as there are positions unless given. */
  maxNewTokens?: number;
  /** Aborts between tokens. */
  signal?: AbortSignal;
}

/** A piece of generated text. */
export interface Piece {
  /** New text, possibly empty while a character is incomplete. */
  readonly text: string;
  /** The token. */
  readonly id: number;
  /** Recursions that the token before it ran, which chose it. */
  readonly depth: number;
}

/** One step for a batch: the new ids, −1 for sequences that had ended, and the recursions run by the rows that chose them. */
export interface Step {
  /** New ids, [B]. */
  readonly ids: Int32Array;
  /** Recursions run by the last row of each sequence, [B]. */
  readonly depth: Int32Array;
}

/** New tokens that may be made: as asked for, and as positions are left. Throws a RangeError where none are. */
function budget(prompts: readonly ArrayLike<number>[], maxPositions: number, maxNewTokens = Infinity): number {
  if (!(maxNewTokens >= 0)) throw new RangeError(`Cannot generate: maxNewTokens is ${maxNewTokens}`);
  const longest = Math.max(...prompts.map(({ length }) => length));
  if (longest >= maxPositions && maxNewTokens > 0) {
    throw new RangeError(`Cannot generate: the prompt has ${longest} tokens, and there are ${maxPositions} positions`);
  }
  return Math.min(maxNewTokens, maxPositions - longest);
}

/** Generates greedily for a batch of prompts of ids, a step at a time; a sequence ends with one of the model's end tokens. */
export async function* generateIds<T extends Tensor>(
  model: DecoderModel<T>,
  prompts: readonly ArrayLike<number>[],
  { maxNewTokens, signal }: GenerateOptions = {},
): AsyncGenerator<Step> {
  const { eos, maxPositions } = model.config;
  const steps = budget(prompts, maxPositions, maxNewTokens);
  const sequences = prompts.map((prompt) => Array.from(prompt));
  const ended = sequences.map(() => false);
  for (let step = 0; step < steps && ended.includes(false); step++) {
    signal?.throwIfAborted();
    const running = sequences.map((_, b) => b).filter((b) => !ended[b]);
    const next = await model.next(running.map((b) => sequences[b]));
    const ids = new Int32Array(sequences.length).fill(-1);
    const depth = new Int32Array(sequences.length);
    running.forEach((b, index) => {
      ids[b] = next.ids[index];
      depth[b] = next.depth[index][next.depth[index].length - 1];
      sequences[b].push(ids[b]);
      ended[b] = eos.includes(ids[b]);
    });
    yield { ids, depth };
  }
}

/**
 * Continues a text, piece by piece.
 *
 * Throws for an empty text, a model without tokenizer, and a prompt that fills all positions.
 */
export async function* generate<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: string,
  options: GenerateOptions = {},
): AsyncGenerator<Piece> {
  const ids = encodeText(model.tokenizer, prompt);
  const stream = new TextStream(model.tokenizer!, ids);
  for await (const { ids: [id], depth: [depth] } of generateIds(model, [ids], options)) {
    if (model.config.eos.includes(id)) return;
    yield { text: stream.push(id), id, depth };
  }
}
