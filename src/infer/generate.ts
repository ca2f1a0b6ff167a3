/**
 * Generation as a stream: an engine of its own size serves the prompts of one call.
 *
 * @module
 */
import { single } from "../common/single.ts";
import { packRows } from "../model/batch.ts";
import type { Tensor } from "../op/op.ts";
import type { DecoderModel } from "./decoder.ts";
import type { Generation } from "./engine/api.ts";
import { Engine } from "./engine/engine.ts";
import { NotFiniteError } from "./engine/generation.ts";
import { defaultRoom } from "./engine/kv_layout.ts";
import { checkGenerating, type GenerateOptions, newTokensOf, type Piece, samplingOf } from "./generate_options.ts";
import { promptIds } from "./tokenizer.ts";

/** A text, or its ids. */
export type Prompt = string | ArrayLike<number>;

/** A piece of one of several texts. */
export interface NumberedPiece extends Piece {
  /** Which prompt it continues, from 0. */
  readonly prompt: number;
}

/**
 * Continues a prompt, or several at once, piece by piece; each ends before an end token of the model. Pieces of several
 * prompts come in the order in which they are ready.
 *
 * Throws for an empty prompt, a text without a tokenizer, ids outside the vocabulary, a prompt that fills all positions,
 * and options out of range, also where nothing is to be generated; at a step whose logits are not finite; and for a second
 * loop over the same generation.
 */
export function generate<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: Prompt,
  options?: GenerateOptions,
): AsyncGenerator<Piece>;
/** Continues several prompts at once. */
export function generate<T extends Tensor>(
  model: DecoderModel<T>,
  prompts: readonly Prompt[],
  options?: GenerateOptions,
): AsyncGenerator<NumberedPiece>;
/** Continues one prompt, or several at once. */
export function generate<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: Prompt | readonly Prompt[],
  options?: GenerateOptions,
): AsyncGenerator<Piece>;
export function generate<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: Prompt | readonly Prompt[],
  options: GenerateOptions = {},
): AsyncGenerator<Piece> {
  return single("generate", pieces(model, prompt, options));
}

/** Whether prompts are several: a list of anything but ids. */
function isList(prompt: Prompt | readonly Prompt[]): prompt is readonly Prompt[] {
  return Array.isArray(prompt) && typeof prompt[0] !== "number";
}

async function* pieces<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: Prompt | readonly Prompt[],
  options: GenerateOptions,
): AsyncGenerator<Piece> {
  model.check("generate");
  const { config, config: { maxPositions }, device } = model;
  const { maxNewTokens, seed = 0, signal } = options;
  const prompts = (isList(prompt) ? prompt : [prompt])
    .map((prompt) => promptIds(model.tokenizer, prompt));
  checkGenerating(config, options);
  packRows(prompts, { ...config, maxPositions: Infinity });
  const room = defaultRoom(config, prompts.length, device.maxTensorBytes);
  const budgets = prompts.map(({ length }) => newTokensOf(length, maxPositions, maxNewTokens, room));
  signal?.throwIfAborted();
  if (Math.max(...budgets) === 0) return await device.ready([]);
  await using engine = await Engine.fitting(model, prompts.map(({ length }, b) => length + budgets[b]));
  const { temperature } = samplingOf(options);
  const streams = prompts.map((ids, b) =>
    engine.submit(ids, { ...options, temperature, maxNewTokens: budgets[b], seed: (seed + b) | 0 })
  );
  yield* isList(prompt) ? together(streams) : streams[0];
}

/** The pieces of streams as they come. Ends all with the error of the first that fails. */
async function* together(streams: readonly Generation[]): AsyncGenerator<NumberedPiece> {
  const ready: NumberedPiece[] = [];
  let open = streams.length, fault: { readonly error: unknown } | undefined, wake = () => {};
  const drain = async (stream: Generation, prompt: number) => {
    try {
      for await (const piece of stream) {
        ready.push({ prompt, ...piece });
        wake();
      }
    } catch (error) {
      fault ??= { error: error instanceof NotFiniteError ? error.of(`sequence ${prompt + 1}`) : error };
    }
    open--;
    wake();
  };
  streams.forEach(drain);
  try {
    for (;;) {
      while (ready.length > 0) yield ready.shift()!;
      if (fault) throw fault.error;
      if (open === 0) return;
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    for (const stream of streams) stream.cancel();
  }
}
