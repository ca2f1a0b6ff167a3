/**
 * What the comparison of training steps asks of every library: one model, one stream of batches, one optimizer.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { initialize } from "../../src/model/init.ts";
import { uniforms } from "../../src/common/random.ts";
import type { TrainingBatch } from "../../src/train/data/batches.ts";

/** Next-token prediction by a Llama of 1.5 million parameters. */
export interface TrainTask {
  /** Sizes. */
  readonly config: DecoderConfig;
  /** The same first weights for all. */
  readonly weights: DecoderParams<HostTensor>;
  /** Sequences of a batch. */
  readonly B: number;
  /** Tokens of a sequence. */
  readonly T: number;
  /** AdamW, without decay and clipping. */
  readonly optimizer: { readonly rate: number; readonly beta1: number; readonly beta2: number; readonly eps: number };
  /** The batch of a step. */
  batch(step: number): TrainingBatch;
}

/** A library that learns. */
export interface Learner {
  /** Name and version. */
  readonly name: string;
  /** Makes so many more steps and returns the loss of the last one, before its update. */
  learn(steps: number): Promise<number>;
}

/** Ids that may follow an id: few, so that there is something to learn. */
const FOLLOWERS = 4;

/** D 128, six layers, a tied head, batches of 16 × 128 tokens of a language in which four ids may follow each. */
export function trainTask(): TrainTask {
  const [V, B, T] = [2048, 16, 128];
  const config = parseDecoderConfig({
    hidden_size: 128,
    intermediate_size: 384,
    vocab_size: V,
    num_hidden_layers: 6,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    max_position_embeddings: T,
  }, { tied: true });
  const follow = uniforms(1);
  const followers = Int32Array.from({ length: V * FOLLOWERS }, () => Math.floor(V * follow()));
  const batch = (step: number): TrainingBatch => {
    const uniform = uniforms(1000 + step);
    const [ids, labels] = [new Int32Array(B * T), new Int32Array(B * T)];
    let id = 0;
    for (let row = 0; row < B * T; row++) {
      ids[row] = row % T === 0 ? Math.floor(V * uniform()) : id;
      labels[row] = id = followers[ids[row] * FOLLOWERS + Math.floor(FOLLOWERS * uniform())];
    }
    const positions = hostIndices(ids.map((_, row) => row % T));
    const offsets = hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T));
    return { rows: { ids: hostIndices(ids), positions, offsets }, labels: hostIndices(labels) };
  };
  const weights = initialize<DecoderParams<HostTensor>>(decoderSchema(config), 1);
  return { config, weights, B, T, optimizer: { rate: 2e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8 }, batch };
}
