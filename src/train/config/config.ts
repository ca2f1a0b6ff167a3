/**
 * Configuration of a training run: model, data, objective, optimizer, schedule and files, from one JSON.
 *
 * @module
 */
import type { DecoderConfig } from "../../model/config/config.ts";
import type { EncoderConfig } from "../../model/config/encoder_config.ts";
import type { Json } from "../../model/config/fields.ts";
import type { UpTraining } from "../start/up_train.ts";
import type { LossFactors } from "../gradients.ts";
import type { Schedule } from "../schedule.ts";
import type { OptimizerConfig } from "../update.ts";

/** The model of a run, with its kind. */
export type TrainedModel =
  & {
    /** The config.json that it was read from. */
    readonly source?: Json;
  }
  & (
    | { readonly kind: "decoder"; readonly config: DecoderConfig }
    | { readonly kind: "encoder"; readonly config: EncoderConfig }
  );

/** Initialisation of weights from a checkpoint. */
export type StartMethod = "copy" | UpTraining | "teacher_layers" | "teacher_mean";

/** Knowledge distillation from another model. */
export interface TeacherConfig {
  /** Checkpoint of the teacher. */
  readonly from: string;
  /** Factor of the KL divergence of predictions. */
  readonly divergence: number;
  /** Temperature τ of the KL divergence. */
  readonly temperature: number;
  /** Factor of the cosine distance of hidden states. */
  readonly cosine: number;
}

/** A source of texts. */
export interface TextSource {
  /** File, folder, glob or package. */
  readonly from: string;
  /** How the text is split into documents. */
  readonly documents?: "file" | "blank-lines" | "lines" | { readonly separator: string } | { readonly field: string };
}

/** Texts, tokenizer, and the shape of batches. */
export interface DataConfig {
  /** Training texts. */
  readonly train: readonly TextSource[];
  /** Held-out texts: a share of the training documents, or other sources. */
  readonly heldOut: { readonly share: number } | { readonly sources: readonly TextSource[] };
  /** A tokenizer.json, or the vocabulary size of one to train. */
  readonly tokenizer: { readonly path: string } | { readonly train: number };
  /** Token after every document. */
  readonly endOfText: string;
  /** Masked only: special tokens. */
  readonly marks: { readonly mask: string; readonly begin?: string; readonly end?: string };
  /** Tokens of a sequence. */
  readonly T: number;
  /** Sequences of a microbatch. */
  readonly B: number;
  /** Microbatches of a step. */
  readonly accumulate: number;
}

/** A training run; its keys in JSON, their units and defaults are described once, in `trainingKeys`. */
export interface TrainingConfig {
  /** Model to train. */
  readonly model: TrainedModel;
  /** Training objective. */
  readonly objective: "next_token" | "masked";
  /** Masked only: share of tokens to predict. */
  readonly maskShare: number;
  /** Initial weights; random unless given. */
  readonly start?: { readonly from: string; readonly method: StartMethod };
  /** Teacher. */
  readonly teacher?: TeacherConfig;
  /** Texts and batches. */
  readonly data: DataConfig;
  /** Optimizer. */
  readonly optimizer: OptimizerConfig;
  /** Learning-rate schedule. */
  readonly schedule: Schedule;
  /** Factors of loss terms that replace the model's own. */
  readonly factors: LossFactors;
  /** Steps of the capacity warm-up. */
  readonly capacityWarmup: number;
  /** Step size of the bias of loss-free balancing. */
  readonly biasRate: number;
  /** Number of updates. */
  readonly steps: number;
  /** Seed of weights, data order, masks and noise. */
  readonly seed: number;
  /** Device. */
  readonly device: "webgpu" | "reference";
  /** Regions that are recomputed in the backward pass; `checkpoint` in JSON. */
  readonly remat: "none" | "recursion";
  /** Steps between two checkpoints. */
  readonly saveEvery: number;
  /** Number of checkpoints kept. */
  readonly keep: number;
  /** Steps between two readings of the device. */
  readonly logEvery: number;
  /** Steps between two evaluations; 0: at the end only. */
  readonly evaluateEvery: number;
  /** Batches of an evaluation; 0: all. */
  readonly evaluateBatches: number;
  /** Element type of the final model. */
  readonly saveDtype: "F32" | "F16" | "BF16";
  /** Folder of the run. */
  readonly out: string;
}
