/**
 * Batches, objective and evaluations of a run, for a decoder or an encoder.
 *
 * @module
 */
import type { Device } from "../../op/device.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import type { EncoderConfig } from "../../model/config/encoder_config.ts";
import type { Tensor } from "../../op/op.ts";
import type { TrainingConfig } from "../config/config.ts";
import { factorsOf } from "../config/derive.ts";
import type { Batches, WindowOptions } from "../data/batches.ts";
import { maskedBatches } from "../data/masking.ts";
import { nextTokenBatches } from "../data/next_token.ts";
import type { TokenReader } from "../data/reader.ts";
import type { HeldOutSelection } from "../evaluate.ts";
import { MaskedLM } from "../masked_lm.ts";
import { CausalLM } from "../causal_lm.ts";
import type { Objective } from "../objective.ts";
import type { RoutedConfig } from "../statistics.ts";
import { decoderTeacher, encoderTeacher } from "./start.ts";

/** Special ids of masked batches. */
export interface Marks {
  /** Mask token. */
  readonly mask: number;
  /** Before every sequence. */
  readonly begin?: number;
  /** After every sequence. */
  readonly end?: number;
  /** Ids that are neither masked nor drawn. */
  readonly special: readonly number[];
}

/** The texts of a run, as tokens. */
export interface Texts {
  /** Training text. */
  readonly train: TokenReader;
  /** Held-out text. */
  readonly heldOut: TokenReader;
  /** For the objective `masked`. */
  readonly marks?: Marks;
}

/** An objective with the routing of its model. */
export type RoutedObjective<T extends Tensor, P> = Objective<T, P> & { readonly config: RoutedConfig };

/** Objective, batches and evaluations. */
export interface Task<T extends Tensor, P> {
  /** Training objective. */
  readonly objective: RoutedObjective<T, P>;
  /** Batches to train on, shuffled. */
  readonly batches: Batches;
  /** Batches to evaluate, in order. */
  readonly heldOut: Batches;
  /** Objectives of the evaluations, by the selection of rows. */
  readonly evaluations: { readonly [selection in HeldOutSelection]?: RoutedObjective<T, P> };
}

/**
 * Opens the task of a run. P must be the parameters of the configuration's kind of model.
 *
 * Throws when tokens are outside the model's vocabulary, a text has no window, or the teacher does not fit.
 */
export async function openTask<T extends Tensor, P>(
  device: Device<T>,
  config: TrainingConfig,
  texts: Texts,
): Promise<Task<T, P>> {
  const { data: { sequence_length: T, batch: B }, seed, model } = config;
  const { V } = model.config;
  const vocabulary = Math.max(texts.train.vocabulary, texts.heldOut.vocabulary);
  if (vocabulary > V) {
    throw new RangeError(`Cannot train: the tokenizer has ${vocabulary} tokens, the model's vocabulary ${V}`);
  }
  const cut = (reader: TokenReader, shuffle?: number) => batchesOf(config, reader, { B, T, shuffle }, texts.marks);
  const objectives = model.kind === "decoder"
    ? await nextToken(device, config, model.config)
    : await masked(device, config, model.config);
  const batches = { batches: cut(texts.train, seed), heldOut: cut(texts.heldOut) };
  return { ...objectives, ...batches } as unknown as Task<T, P>;
}

function batchesOf(config: TrainingConfig, reader: TokenReader, options: WindowOptions, marks?: Marks): Batches {
  if (config.objective === "next_token") return nextTokenBatches(reader, options);
  if (!marks) throw new RangeError("Cannot mask tokens: no mask token is given");
  return maskedBatches(reader, { ...options, ...marks, seed: config.seed, share: config.mask_share });
}

async function nextToken<T extends Tensor>(device: Device<T>, training: TrainingConfig, config: DecoderConfig) {
  const { data: { batch: B, sequence_length: T }, capacity_warmup: capacityWarmup } = training;
  const teacher = training.teacher && await decoderTeacher(device, training.teacher);
  const rows = B * T;
  const objective = new CausalLM(device, config, { rows, factors: factorsOf(training), teacher, capacityWarmup });
  const evaluation = (selection?: "topk" | "threshold") => new CausalLM(device, config, { rows, selection });
  const evaluations = config.recursion.routing === "expert"
    ? { topk: evaluation("topk"), threshold: evaluation("threshold") }
    : { plain: evaluation() };
  return { objective, evaluations };
}

async function masked<T extends Tensor>(device: Device<T>, training: TrainingConfig, config: EncoderConfig) {
  const { data: { batch: B, sequence_length: T }, mask_share: maskShare } = training;
  const teacher = training.teacher && await encoderTeacher(device, training.teacher);
  const scored = B * Math.round(maskShare * T);
  const objective = new MaskedLM(device, config, { scored, factors: factorsOf(training), teacher });
  return { objective, evaluations: { plain: new MaskedLM(device, config, { scored }) } };
}
