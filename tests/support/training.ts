/**
 * Small training tasks: batches of known ids, and the options of a trainer.
 *
 * @module
 */
import { type Device, hostIndices } from "../../src/op/device.ts";
import type { Tensor } from "../../src/op/op.ts";
import { uniforms } from "../../src/common/random.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import type { EncoderConfig } from "../../src/model/config/encoder_config.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import type { TrainingBatch } from "../../src/train/data/batches.ts";
import { MaskedLM } from "../../src/train/masked_lm.ts";
import { CausalLM, type CausalLMOptions } from "../../src/train/causal_lm.ts";
import { Trainer, type TrainerOptions } from "../../src/train/trainer.ts";
import { spreadWeights } from "./models.ts";

/** B sequences of T random ids below V; every row has a label unless `masked`, then every third. */
export function someBatch(
  seed: number,
  { B, T, V, masked = false }: { B: number; T: number; V: number; masked?: boolean },
): TrainingBatch {
  const uniform = uniforms(seed);
  const ids = Int32Array.from({ length: B * T }, () => Math.floor(V * uniform()));
  const labels = ids.map((_, row) => masked && row % 3 !== 0 ? -100 : Math.floor(V * uniform()));
  return {
    rows: {
      ids: hostIndices(ids),
      positions: hostIndices(ids.map((_, row) => row % T)),
      offsets: hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T)),
    },
    labels: hostIndices(labels),
  };
}

/** AdamW without decay or clipping, one microbatch, a line a step. */
export const plainOptions: TrainerOptions = {
  optimizer: { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0, clip: 0, ema: 0 },
  accumulate: 1,
  logEvery: 1,
  remat: "none",
  biasRate: 0,
};

/** A trainer of a decoder with spread weights. */
export function decoderTrainer<T extends Tensor>(
  device: Device<T>,
  config: DecoderConfig,
  options: CausalLMOptions<T>,
  training: Partial<TrainerOptions> = {},
) {
  const weights = spreadWeights(decoderSchema(config), 3);
  return new Trainer(device, new CausalLM(device, config, options), { ...plainOptions, ...training }, weights);
}

/** A trainer of an encoder with spread weights. */
export function encoderTrainer<T extends Tensor>(
  device: Device<T>,
  config: EncoderConfig,
  scored: number,
  training: Partial<TrainerOptions> = {},
) {
  const weights = spreadWeights(encoderSchema(config), 3);
  return new Trainer(device, new MaskedLM(device, config, { scored }), { ...plainOptions, ...training }, weights);
}

/** All weights of a trainer as one list. */
export async function weightsOf(trainer: { weights(): Promise<unknown> }): Promise<number[]> {
  const found: number[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("data" in node && ArrayBuffer.isView(node.data)) return void found.push(...(node.data as Float32Array));
    Object.values(node).forEach(walk);
  };
  walk(await trainer.weights());
  return found;
}
