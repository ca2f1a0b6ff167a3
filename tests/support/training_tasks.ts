/**
 * Training tasks of every kind with all their loss terms, random sequences, and what a step of them computes.
 *
 * @module
 */
import fc from "fast-check";
import type { Device, HostTensor } from "../../src/op/device.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { upload } from "../../src/model/upload.ts";
import type { Tensor } from "../../src/op/op.ts";
import { recordStep, type StepInputs, stepInputs } from "../../src/train/accumulate.ts";
import { type LabelledSequence, packBatch, type TrainingBatch } from "../../src/train/data/batches.ts";
import { lossSeeds } from "../../src/train/gradients.ts";
import { MaskedLM } from "../../src/train/masked_lm.ts";
import { CausalLM } from "../../src/train/causal_lm.ts";
import type { Objective } from "../../src/train/objective.ts";
import { smallDecoder, smallEncoder, spreadWeights } from "./models.ts";

/** Ids of every task. */
export const V = 29;

/** Positions that every task has. */
export const POSITIONS = 512;

/** A task on a device, for microbatches of so many rows. */
export type TrainingTask = <T extends Tensor>(device: Device<T>, rows: number) => {
  objective: Objective<T, unknown>;
  params: unknown;
};

const losses = { router_aux: 0.3, router_z: 0.2, router_balance: 0.4, mol_balance: 0.5 };
const mol = { layers: [1], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4, router_jitter_noise: 0.1 };

function decoding(recursion: Json, json: { readonly [key: string]: Json } = {}): TrainingTask {
  return (device, rows) => {
    const sizes = { vocab_size: V, max_position_embeddings: POSITIONS, num_hidden_layers: 5 };
    const config = smallDecoder({
      ...sizes,
      recursion: { sharing: "middle_cycle", num_recursions: 3, alpha: 1, ...recursion as object },
      loss_coefficients: losses,
      ...json,
    });
    const student = smallDecoder({ ...sizes, num_hidden_layers: 2 });
    const teacher = {
      config: student,
      params: upload(device, decoderSchema(student), spreadWeights(decoderSchema(student), 5)) as never,
      temperature: 2,
    };
    const objective = new CausalLM(device, config, { rows, teacher, factors: { klDivergence: 0.6 } });
    const params = upload(device, objective.schema, spreadWeights(objective.schema, 3));
    return { objective: objective as never, params };
  };
}

/** An encoder with dropout, jitter and experts, taught in two ways. */
const encoding: TrainingTask = (device, rows) => {
  const sizes = { vocab_size: V, max_position_embeddings: POSITIONS };
  const noise = { dropout: 0.3, router_jitter_noise: 0.1 };
  const config = smallEncoder({ ...sizes, ...noise, load_balancing_loss_coef: 0.5 });
  const plain = smallEncoder({ ...sizes, num_experts: 0, num_expert_modules: 0 });
  const teacher = {
    config: plain,
    params: upload(device, encoderSchema(plain), spreadWeights(encoderSchema(plain), 5)) as never,
    temperature: 2,
  };
  const objective = new MaskedLM(device, config, {
    scored: rows,
    teacher,
    factors: { klDivergence: 0.6, cosine: 0.7 },
  });
  const params = upload(device, objective.schema, spreadWeights(objective.schema, 3));
  return { objective: objective as never, params };
};

/** Every kind of task by name. */
export const trainingTasks: Readonly<Record<string, TrainingTask>> = {
  plain: decoding({}),
  expert: decoding({ routing: "expert" }, { mol }),
  auxiliary: decoding({ routing: "expert", auxiliary_router: true, kv: "share" }),
  token: decoding({ routing: "token", kv: "hybrid" }),
  "token with experts": decoding({ routing: "token" }, { mol }),
  encoder: encoding,
};

/** Sequences of 1 to T rows, of which some, all or none have a label. */
export function labelledSequences(T: number, most: number): fc.Arbitrary<LabelledSequence[]> {
  const id = fc.nat(V - 1);
  const row = (share: number) => fc.tuple(id, fc.tuple(fc.nat(99), id).map(([p, id]) => p < share ? id : -100));
  const sequence = fc.constantFrom(0, 10, 50, 100)
    .chain((share) => fc.array(row(share), { minLength: 1, maxLength: T }))
    .map((rows) => ({ ids: rows.map(([id]) => id), labels: rows.map(([, label]) => label) }));
  return fc.array(sequence, { minLength: 1, maxLength: most });
}

/** A batch of B sequences of at most T rows, of which all may be empty. */
export function batchOf(sequences: readonly LabelledSequence[], size: { B: number; T: number }): TrainingBatch {
  if (sequences.length > 0) return packBatch(sequences, size, V);
  const { rows, labels } = packBatch([{ ids: [0], labels: [-100] }], size, V);
  rows.offsets.data.fill(0);
  return { rows, labels };
}

/** Gradients and loss terms of a step by name: `gradient.…` and `loss.…`. */
export async function stepOf<T extends Tensor>(
  device: Device<T>,
  task: TrainingTask,
  batches: readonly TrainingBatch[],
  step = 4,
): Promise<Record<string, HostTensor>> {
  const { objective, params } = task(device, Math.max(...batches.map(({ labels }) => labels.data.length)));
  const options = {
    seeds: lossSeeds(device, objective.factors),
    recompute: ["head"],
  } as const;
  const program = device.compile<StepInputs<HostTensor>>((inputs) => {
    const { gradients, values } = recordStep<T, unknown>(device, objective, params, inputs, options);
    const found = gradients.map((gradient, i) => [`gradient.${i}`, gradient]).filter(([, gradient]) => gradient);
    const losses = [...values].map(([name, value]) => [`loss.${name}`, value]);
    return Object.fromEntries([...found, ...losses]);
  });
  return await program(stepInputs(objective, step, batches));
}
