/**
 * The quantities of an encoder: hidden states, masked-language logits and losses, pooling, expert merging.
 *
 * @module
 */
import { MERGES } from "../../src/op/kinds.ts";
import type { Device, HostTensor, HostTensors } from "../../src/op/device.ts";
import type { EncoderConfig } from "../../src/model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../../src/model/encoder_schema.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { nameGradients } from "./gradients.ts";
import { padded, type Task } from "./task.ts";

type Named = Record<string, HostTensor>;

/** Runs an encoder on a device and names its quantities. */
export async function encoderQuantities(
  device: Device,
  { config, params }: { config: EncoderConfig; params: EncoderParams<HostTensor> },
  task: Task,
): Promise<HostTensors> {
  const model = new EncoderModel(device, config, params);
  const named: Named = {};
  try {
    await nameForward(named, model, task);
    if (task.labels && task.wants("grad.")) {
      nameGradients(named, encoderSchema(config), await model.gradients(task.sequences, task.labels));
    }
    if (task.wants("infer.pooled.mean")) named["infer.pooled.mean"] = await model.pooled(task.sequences);
    for (const mode of MERGES) {
      if (config.mol && task.wants(`merged.${mode}.`)) await nameMerged(named, model, mode, task);
    }
  } finally {
    model.dispose();
  }
  return named;
}

async function nameForward(named: Named, model: EncoderModel, { sequences, labels, width }: Task): Promise<void> {
  const { hidden, logits, losses } = await model.forward(sequences, { logits: true, labels });
  named["infer.hidden"] = padded(hidden, sequences, width);
  named["infer.logits"] = padded(logits!, sequences, width);
  if (!losses) return;
  const { mlm, molBalance, total } = losses;
  for (const [term, value] of Object.entries({ mlm, mol_balance: molBalance, total })) {
    named[`train.loss.${term}`] = { shape: [1], data: Float64Array.of(value) };
  }
}

async function nameMerged(
  named: Named,
  model: EncoderModel,
  mode: "delta" | "factor",
  { sequences, width }: Task,
): Promise<void> {
  const merged = await model.merge({ mode });
  try {
    const weights = await merged.weights();
    mapParams<HostTensor, void>(encoderSchema(merged.config), ({ parts: [{ name }] }, tensor) => {
      named[`merged.${mode}.${name}`] = tensor;
    }, weights);
    const { hidden } = await merged.forward(sequences);
    named[`merged.${mode}.hidden`] = padded(hidden, sequences, width);
  } finally {
    merged.dispose();
  }
}
