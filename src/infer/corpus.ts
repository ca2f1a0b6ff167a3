/**
 * A corpus from a decoder: documents drawn from its first token on, as many at a time as there are slots.
 *
 * @module
 */
import { callback, checkOptions, number, record, required, signal as signalKind } from "../common/options.ts";
import { single } from "../common/single.ts";
import { demandSeed, demandWhole } from "../common/whole.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import type { Tensor } from "../op/op.ts";
import { type SamplingOptions, samplingRow } from "../ops/sample.ts";
import type { DecoderModel } from "./decoder.ts";
import { Engine } from "./engine/engine.ts";
import { SAMPLING_KINDS } from "./generate_options.ts";
import { NotFiniteError } from "./engine/generation.ts";

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

/**
 * Draws documents, in order, as ids without first and end tokens. A document ends with an end token of the model, or where
 * it would begin the next one, or at `maxTokens`.
 *
 * Throws for models without a first token, options out of range, logits that are not finite, and a second loop.
 */
export function sampleDocuments<T extends Tensor>(
  model: DecoderModel<T>,
  options: CorpusOptions,
): AsyncGenerator<number[]> {
  return single("sample documents", drawn(model, options));
}

/** Checks the options, and returns the first token. Throws as {@link sampleDocuments} does. */
function checkCorpus(
  { bos, maxPositions }: DecoderConfig,
  options: CorpusOptions,
): number {
  const action = "sample documents", whole = required(number);
  checkOptions(action, options, {
    documents: whole,
    batch: whole,
    maxTokens: whole,
    seed: whole,
    sampling: record,
    onProgress: callback,
    signal: signalKind,
  });
  const { documents, batch, maxTokens, seed, sampling = {} } = options;
  checkOptions(action, sampling, SAMPLING_KINDS);
  demandWhole(action, "documents", documents, 0);
  demandWhole(action, "batch", batch, 1);
  demandWhole(action, "maxTokens", maxTokens, 2);
  demandSeed(action, seed);
  samplingRow(sampling);
  if (maxTokens > maxPositions) {
    throw new RangeError(`Cannot ${action}: maxTokens is ${maxTokens}, and there are ${maxPositions} positions`);
  }
  if (bos === undefined) throw new Error("Cannot sample documents: the model's config.json names no bos_token_id");
  return bos;
}

async function* drawn<T extends Tensor>(model: DecoderModel<T>, options: CorpusOptions): AsyncGenerator<number[]> {
  model.check("sample documents");
  const bos = checkCorpus(model.config, options);
  const { documents, batch, maxTokens } = options;
  if (documents === 0) return;
  const tokens = new Array(Math.min(batch, documents)).fill(maxTokens);
  const engine = await Engine.fitting(model, tokens, [...model.config.eos, bos]);
  try {
    yield* served(engine, bos, 2 * tokens.length, options); // twice as many clients as slots: none stays empty
  } finally {
    await engine.close();
  }
}

/** Documents of an engine, each requested by one of several clients. */
async function* served<T extends Tensor>(
  engine: Engine<T>,
  bos: number,
  count: number,
  { documents, maxTokens, seed, sampling, onProgress, signal }: CorpusOptions,
): AsyncGenerator<number[]> {
  const first = Math.imul(seed + 1, 0x9e3779b9); // seeds of neighbouring corpora are far apart
  const common = { temperature: 1, ...sampling, maxNewTokens: maxTokens - 1 };
  const shelf = new Shelf();
  let next = 0, fault: { readonly error: unknown } | undefined, wake = () => {};
  const document = async (number: number) => {
    const ids: number[] = [];
    const stream = engine.submit([bos], { ...common, signal, seed: (first + number) | 0 });
    for await (const { id } of stream) ids.push(id);
    shelf.add(number, ids);
    onProgress?.(shelf.complete, engine.status().tokens);
    wake();
  };
  /** Draws one document after the other. */
  const client = async () => {
    while (next < documents && !signal?.aborted && !fault) {
      const number = next++;
      await document(number).catch((error) => fault ??= { error: notFiniteAt(number, error) });
    }
    wake();
  };
  const clients = Array.from({ length: count }, client);
  while (shelf.complete < documents && !signal?.aborted) {
    if (fault) throw (fault as { readonly error: unknown }).error;
    const news = new Promise<void>((resolve) => wake = resolve);
    yield* shelf.inOrder();
    await news;
  }
  await Promise.all(clients);
  yield* shelf.others();
}

/** The error of a document; names the token at which the logits are not finite. */
function notFiniteAt(number: number, error: unknown): unknown {
  if (!(error instanceof NotFiniteError)) return error;
  const place = `token ${error.step} of document ${number + 1}`;
  return new Error(`Cannot sample documents: the logits of ${place} are not finite`);
}
