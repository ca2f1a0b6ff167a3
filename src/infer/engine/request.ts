/**
 * Requests to an engine.
 *
 * @module
 */
import { isId } from "../../model/batch.ts";
import type { Tensor } from "../../op/op.ts";
import { samplingRow } from "../../ops/sample.ts";
import type { DecoderModel } from "../decoder.ts";
import { checkGenerating, type GenerateOptions, newTokensOf, samplingOf } from "../generate_options.ts";
import { fitPrompt } from "../fit_prompt.ts";
import { promptIds } from "../tokenizer.ts";
import { Stream } from "./generation.ts";
import { pagesFor } from "./kv_layout.ts";
import type { PageRange } from "./kv_allocator.ts";
import type { SlotEntry } from "./prefill.ts";
import type { EngineState } from "./state.ts";

/** A request on its way. */
export interface Request {
  /** Where its tokens go. */
  readonly stream: Stream;
  /** Its row in the table of slots, without slot and pages. */
  readonly entry: Omit<SlotEntry, "slot" | "range">;
  /** Pages of the KV caches that it needs. */
  readonly pages: number;
  /** Tokens of its prompt that are cached. */
  fed: number;
  /** Its pages of the KV caches, while it has a slot. */
  range?: PageRange;
}

/** Ids, if they are inside the vocabulary. */
function checkIds(prompt: ArrayLike<number>, V: number): number[] {
  const ids = Array.from(prompt);
  if (ids.length === 0) throw new RangeError("Cannot generate: the prompt is empty");
  const at = ids.findIndex((id) => !isId(id, V));
  if (at >= 0) {
    throw new RangeError(`Cannot generate: id ${ids[at]} at ${at} of the prompt is outside the vocabulary of ${V}`);
  }
  return ids;
}

/** Checks a request. Throws a RangeError for options out of range, and where it could never fit into the caches. */
export function requestOf<T extends Tensor>(
  { config, config: { V, maxPositions }, tokenizer }: DecoderModel<T>,
  state: EngineState<T>,
  ends: readonly number[],
  prompt: string | ArrayLike<number>,
  options: GenerateOptions,
): Request {
  const { stop = [], stopAfter, signal, maxNewTokens, maxDepth, seed = 0, repetitionPenalty = 1 } = options;
  const { topLogProbs: top = 0, logitsProcessor: processor } = options;
  checkGenerating(config, options);
  const { layout } = state, sampling = samplingRow(samplingOf(options));
  const whole = checkIds(promptIds(tokenizer, prompt), V), fitted = fitPrompt(whole, maxPositions, options);
  const ids = Array.from(fitted.ids), { cutTokens } = fitted;
  const most = newTokensOf(ids.length, maxPositions, maxNewTokens);
  const limit = ids.length + most, pages = pagesFor(layout, limit);
  const refuse = (reason: string) => new RangeError(`Cannot generate: ${reason}`);
  if (pages > layout.pages) {
    const [rows, available] = [pages, layout.pages].map((pages) => pages * layout.pageRows);
    const needed = `${ids.length} tokens of prompt and ${most} new ones need ${rows} rows of cache`;
    throw refuse(`${needed}, and there are ${available}`);
  }
  const counted = repetitionPenalty === 1 ? undefined : ids;
  if (counted) state.startCounting();
  if (top > 0) state.startListing();
  const stream = new Stream({ prompt: ids, most, ends, stop, stopAfter, top, processor, cutTokens, tokenizer, signal });
  if (most === 0) stream.end("length");
  const entry = { limit, maxDepth, seed, sampling, counted };
  return { stream, entry, pages, fed: 0 };
}
