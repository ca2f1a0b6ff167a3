/**
 * What a training run is made of, and what it tells.
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

/** A step as it is written into the log; a function of the configuration alone. */
export interface StepRecord extends StepLine {
  /** What the line is about. */
  readonly kind: "step";
  /** Learning rate of the update. */
  readonly learningRate: number;
  /** Routing, on the last line of a reading. */
  readonly routing?: RoutingStatistics;
}

/** An evaluation as it is written into the log. */
export interface EvaluationRecord {
  /** What the line is about. */
  readonly kind: "evaluation";
  /** Updates before it. */
  readonly step: number;
  /** Results by selection. */
  readonly heldOut: EvaluationResult;
}

/** Where a run writes its records. */
export interface RunLog {
  /** Bytes so far. */
  readonly size: number;
  /** Appends records. */
  write(records: readonly (StepRecord | EvaluationRecord)[]): Promise<void>;
  /** Waits until all of it is on disk. */
  sync(): Promise<void>;
}

/** What was read at once. */
export interface Reading {
  /** Updates done. */
  readonly step: number;
  /** Steps since the last reading. */
  readonly records: readonly StepRecord[];
  /** Tokens, labelled or not, of those steps. */
  readonly tokens: number;
}

/** Told of what happens. */
export interface RunEvents {
  /** After a reading. */
  readonly onRead?: (reading: Reading) => void;
  /** After an evaluation. */
  readonly onEvaluation?: (record: EvaluationRecord) => void;
  /** After a checkpoint. */
  readonly onSaved?: (folder: string) => void;
}

/** What a run is made of. */
export interface RunParts<T extends Tensor, P> {
  /** Where it runs. */
  readonly device: Device<T>;
  /** How. */
  readonly config: TrainingConfig;
  /** What makes it what it is. */
  readonly settings: Settings;
  /** What it computes. */
  readonly task: Task<T, P>;
  /** Its texts; `name` is that of their content. */
  readonly texts: Texts & { readonly name: string };
  /** Checkpoints' form. */
  readonly form: CheckpointForm;
  /** Its log. */
  readonly log: RunLog;
  /** Losses and labels of the steps before, for a run that goes on. */
  readonly before?: readonly (Pick<StepLine, "losses"> & Partial<Pick<StepLine, "labels">>)[];
  /** Step of the last evaluation in the log, for a run that goes on. */
  readonly evaluated?: number;
  /** Weights to start from, or a checkpoint to go on from. */
  readonly from: { readonly params: P } | Saved<P>;
}
