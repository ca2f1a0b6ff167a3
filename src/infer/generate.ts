/**
 * Generation as a stream: an engine of its own size serves the prompts of one call.
 *
 * @module
 */
import { single } from "../common/single.ts";
import { packRows } from "../model/batch.ts";
import type { Tensor } from "../op/op.ts";
import type { DecoderModel } from "./decoder.ts";
import { fitPrompt } from "./fit_prompt.ts";
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
 * Throws at the call for an empty prompt, a text without a tokenizer, ids outside the vocabulary, a prompt that fills all
 * positions, and options out of range, also where nothing is to be generated. The stream throws at a step whose logits are
 * not finite, and in a second loop over the same generation.
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
  return single("generate", pieces(model, requestsOf(model, prompt, options), options));
}

/** The prompts of one call as ids, and the new tokens that each may have. */
interface Requests {
  readonly prompts: readonly ArrayLike<number>[];
  /** Tokens of each prompt that are read. */
  readonly lengths: readonly number[];
  readonly budgets: readonly number[];
  /** Whether the call gave a list of prompts, whose pieces are numbered. */
  readonly numbered: boolean;
}

/** Whether prompts are several: a list of anything but ids. */
function isList(prompt: Prompt | readonly Prompt[]): prompt is readonly Prompt[] {
  return Array.isArray(prompt) && typeof prompt[0] !== "number";
}

/** Encodes and checks the prompts and options of one call. */
function requestsOf<T extends Tensor>(
  model: DecoderModel<T>,
  prompt: Prompt | readonly Prompt[],
  options: GenerateOptions,
): Requests {
  model.check("generate");
  const { config, config: { maxPositions }, device, tokenizer } = model, numbered = isList(prompt);
  const prompts = (numbered ? prompt : [prompt]).map((prompt) => promptIds(tokenizer, prompt));
  checkGenerating(config, options);
  packRows(prompts, { ...config, maxPositions: Infinity });
  const lengths = prompts.map((ids) => fitPrompt(ids, maxPositions, options).ids.length);
  const room = defaultRoom(config, prompts.length, device.maxTensorBytes);
  const budgets = lengths.map((length) => newTokensOf(length, maxPositions, options.maxNewTokens, room));
  return { prompts, lengths, budgets, numbered };
}

async function* pieces<T extends Tensor>(
  model: DecoderModel<T>,
  { prompts, lengths, budgets, numbered }: Requests,
  options: GenerateOptions,
): AsyncGenerator<Piece> {
  const { seed = 0, signal } = options;
  signal?.throwIfAborted();
  if (Math.max(...budgets) === 0) return await model.device.ready([]);
  const engine = await Engine.fitting(model, lengths.map((length, b) => length + budgets[b]));
  try {
    const { temperature } = samplingOf(options);
    const streams = prompts.map((ids, b) =>
      engine.submit(ids, {
        ...options,
        ...{ temperature, maxNewTokens: budgets[b], seed: (seed + b) | 0 },
        ...(options.truncate && { maxLength: lengths[b] }),
      })
    );
    yield* numbered ? together(streams) : streams[0];
  } finally {
    await engine.close();
  }
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
