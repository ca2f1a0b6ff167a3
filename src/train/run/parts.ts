/**
 * Parts and events of a training run.
 *
 * @module
 */
import type { Device } from "../../op/device.ts";
import type { Tensor } from "../../op/op.ts";
import type { TrainingConfig } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import type { EvaluationResult } from "../evaluate.ts";
import type { RoutingStatistics } from "../statistics.ts";
import type { StepLine } from "../trainer.ts";
import type { CheckpointForm, Saved } from "./checkpoints.ts";
import type { Task, Texts } from "./task.ts";

/** Log record of a step; it depends on the configuration alone. */
export interface StepRecord extends StepLine {
  /** Kind of record. */
  readonly kind: "step";
  /** Learning rate of the update. */
  readonly learningRate: number;
  /** Routing, in the last record of a reading. */
  readonly routing?: RoutingStatistics;
}

/** Log record of an evaluation. */
export interface EvaluationRecord {
  /** Kind of record. */
  readonly kind: "evaluation";
  /** Updates before it. */
  readonly step: number;
  /** Results by selection. */
  readonly heldOut: EvaluationResult;
}

/** Log of a run. */
export interface RunLog {
  /** Size in bytes. */
  readonly size: number;
  /** Appends records. */
  write(records: readonly (StepRecord | EvaluationRecord)[]): Promise<void>;
  /** Waits until all records are on disk. */
  sync(): Promise<void>;
}

/** One reading of the device. */
export interface Reading {
  /** Updates done. */
  readonly step: number;
  /** Steps since the last reading. */
  readonly records: readonly StepRecord[];
  /** Live rows of those steps. */
  readonly tokens: number;
}

/** Callbacks of a run. */
export interface RunEvents {
  /** After a reading. */
  readonly onRead?: (reading: Reading) => void;
  /** After an evaluation. */
  readonly onEvaluation?: (record: EvaluationRecord) => void;
  /** After a checkpoint. */
  readonly onSaved?: (folder: string) => void;
}

/** Parts of a run. */
export interface RunParts<T extends Tensor, P> {
  /** Device. */
  readonly device: Device<T>;
  /** Configuration. */
  readonly config: TrainingConfig;
  /** Settings that determine its weights. */
  readonly settings: Settings;
  /** Objective, batches and evaluations. */
  readonly task: Task<T, P>;
  /** Texts; `name` is a hash of their content. */
  readonly texts: Texts & { readonly name: string };
  /** Schema and JSON files of its checkpoints. */
  readonly form: CheckpointForm;
  /** Log. */
  readonly log: RunLog;
  /** Losses and labels of earlier steps, in a resumed run. */
  readonly before?: readonly (Pick<StepLine, "losses"> & Partial<Pick<StepLine, "labels">>)[];
  /** Step of the last logged evaluation, in a resumed run. */
  readonly evaluated?: number;
  /** Initial weights, or the checkpoint to resume. */
  readonly from: { readonly params: P } | Saved<P>;
}
