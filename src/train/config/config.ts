/**
 * What a training run is: model, data, objective, optimizer and all the rest, from one JSON.
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

/** What is trained. */
export type TrainedModel =
  & {
    /** The config.json that it was read from. */
    readonly source?: Json;
  }
  & (
    | { readonly kind: "decoder"; readonly config: DecoderConfig }
    | { readonly kind: "encoder"; readonly config: EncoderConfig }
  );

/** How weights are taken from a checkpoint. */
export type StartMethod = "copy" | UpTraining | "teacher_layers" | "teacher_mean";

/** Another model to learn from. */
export interface TeacherConfig {
  /** Its checkpoint. */
  readonly from: string;
  /** Factor of the divergence of predictions. */
  readonly divergence: number;
  /** Temperature of that divergence. */
  readonly temperature: number;
  /** Factor of the cosine distance of hidden states. */
  readonly cosine: number;
}

/** A source of texts. */
export interface TextSource {
  /** File, folder, glob or package. */
  readonly from: string;
  /** What a document is. */
  readonly documents?: "file" | "blank-lines" | "lines" | { readonly separator: string } | { readonly field: string };
}

/** The texts and how they are cut. */
export interface DataConfig {
  /** To train on. */
  readonly train: readonly TextSource[];
  /** To evaluate only. */
  readonly heldOut: { readonly share: number } | { readonly sources: readonly TextSource[] };
  /** A file, or the vocabulary size of one that is trained. */
  readonly tokenizer: { readonly path: string } | { readonly train: number };
  /** Token after every document. */
  readonly endOfText: string;
  /** Masked only: tokens with a meaning of their own. */
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
  /** What is trained. */
  readonly model: TrainedModel;
  /** What for. */
  readonly objective: "next_token" | "masked";
  /** Masked only: share of tokens to predict. */
  readonly maskShare: number;
  /** Where weights come from; fresh unless given. */
  readonly start?: { readonly from: string; readonly method: StartMethod };
  /** Another model to learn from. */
  readonly teacher?: TeacherConfig;
  /** The texts. */
  readonly data: DataConfig;
  /** How weights move. */
  readonly optimizer: OptimizerConfig;
  /** How fast. */
  readonly schedule: Schedule;
  /** Factors of loss terms that are not the model's own. */
  readonly factors: LossFactors;
  /** Steps over which capacities fall to the model's. */
  readonly capacityWarmup: number;
  /** Step of the bias of loss-free balancing. */
  readonly biasRate: number;
  /** Updates. */
  readonly steps: number;
  /** Seed of everything that is drawn. */
  readonly seed: number;
  /** Where it runs. */
  readonly device: "webgpu" | "reference";
  /** What is computed again instead of kept. */
  readonly remat: "none" | "recursion";
  /** Steps between two checkpoints. */
  readonly saveEvery: number;
  /** Checkpoints kept. */
  readonly keep: number;
  /** Steps between two readings. */
  readonly logEvery: number;
  /** Steps between two evaluations; 0: at the end only. */
  readonly evaluateEvery: number;
  /** Batches of an evaluation; 0: all. */
  readonly evaluateBatches: number;
  /** How the final model is stored. */
  readonly saveDtype: "F32" | "F16" | "BF16";
  /** Folder of the run. */
  readonly out: string;
}
