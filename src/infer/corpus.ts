/**
 * A corpus from a decoder: documents drawn from its first token on, as many at a time as there are slots.
 *
 * @module
 */
import type { Tensor } from "../op/op.ts";
import { NO_TOKEN, type SamplingOptions, samplingRow } from "../ops/sample.ts";
import type { DecoderModel } from "./decoder.ts";
import { Decoding } from "./decoding.ts";
import { single } from "../common/single.ts";
import { demandSeed, demandWhole } from "../common/whole.ts";

/** What to draw. */
export interface CorpusOptions {
  /** Documents. */
  readonly documents: number;
  /** Documents that are drawn at the same time, at most. */
  readonly batch: number;
  /** Tokens of a document at most, the first one included. */
  readonly maxTokens: number;
  /** From −2³¹ to 2³¹ − 1. The same seed draws the same documents; document d depends on nothing but the seed and d. */
  readonly seed: number;
  /** How tokens are drawn. */
  readonly sampling?: SamplingOptions;
  /** Told of the documents that are complete, and the tokens drawn for documents. */
  readonly onProgress?: (documents: number, tokens: number) => void;
  /** Ends drawing; documents that are complete by then are still given. */
  readonly signal?: AbortSignal;
}

/** Tokens of a slot between two readings. */
const KEPT = 32;

/** Complete documents, given in their order. */
class Shelf {
  readonly #waiting = new Map<number, number[]>();
  #next = 0;
  complete = 0;

  add(number: number, ids: number[]): void {
    this.#waiting.set(number, ids);
    this.complete++;
  }

  /** Those whose predecessors were given. */
  *inOrder(): Generator<number[]> {
    for (let ids = this.#waiting.get(this.#next); ids; ids = this.#waiting.get(++this.#next)) {
      this.#waiting.delete(this.#next);
      yield ids;
    }
  }

  /** All others. */
  *others(): Generator<number[]> {
    for (const number of [...this.#waiting.keys()].sort((a, b) => a - b)) yield this.#waiting.get(number)!;
  }
}

/** Where logits are not finite: at the token of a document that comes next. */
const notFiniteAt = ({ number, ids }: { readonly number: number; readonly ids: readonly number[] }) =>
  `the logits of token ${ids.length + 1} of document ${number + 1} are not finite`;

/**
 * Draws documents, in order, as ids without first and end tokens. A document ends with an end token of the model, or where
 * it would begin the next one. Slot b of the batch draws document b, then b + batch, ….
 *
 * Throws for routed models, models without a first token, options out of range, logits that are not finite, and a second
 * loop.
 */
export function sampleDocuments<T extends Tensor>(
  model: DecoderModel<T>,
  options: CorpusOptions,
): AsyncGenerator<number[]> {
  return single("sample documents", drawn(model, options));
}

async function* drawn<T extends Tensor>(
  model: DecoderModel<T>,
  { documents, batch, maxTokens, seed, sampling, onProgress, signal }: CorpusOptions,
): AsyncGenerator<number[]> {
  const action = "sample documents";
  model.check(action);
  demandWhole(action, "documents", documents, 0);
  demandWhole(action, "batch", batch, 1);
  demandWhole(action, "maxTokens", maxTokens, 2);
  demandSeed(action, seed);
  samplingRow(sampling ?? {});
  const { bos, eos } = model.config;
  if (bos === undefined) throw new Error("Cannot sample documents: the model's config.json names no bos_token_id");
  const stops = [...eos, bos];
  if (documents === 0) return;
  const B = Math.min(batch, documents);
  const first = Math.imul(seed + 1, 0x9e3779b9); // seeds of neighbouring corpora are far apart
  const seeds = Array.from({ length: B }, (_, b) => (first + b) | 0);
  const decoding = new Decoding(model, { seeds, limit: maxTokens, stops, kept: KEPT, sampling, restart: bos });
  const slots = seeds.map((_, b) => ({ number: b, ids: [] as number[] }));
  const shelf = new Shelf();
  let tokens = 0;
  try {
    while (shelf.complete < documents && !signal?.aborted) {
      decoding.step(KEPT);
      for (const { ids: drawn } of await decoding.read()) {
        slots.forEach((slot, b) => {
          if (slot.number >= documents) return;
          if (drawn[b] === NO_TOKEN) throw new Error(`Cannot sample documents: ${notFiniteAt(slot)}`);
          tokens++;
          const ends = stops.includes(drawn[b]);
          if (!ends) slot.ids.push(drawn[b]);
          if (!ends && slot.ids.length + 1 < maxTokens) return;
          shelf.add(slot.number, slot.ids);
          slots[b] = { number: slot.number + B, ids: [] };
        });
      }
      onProgress?.(shelf.complete, tokens);
      yield* shelf.inOrder();
    }
    yield* shelf.others();
  } finally {
    decoding.dispose();
  }
}
