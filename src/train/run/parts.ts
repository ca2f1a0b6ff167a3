/**
 * Parts and events of a training run.
 *
 * @module
 */
import type { Device } from "../../op/device.ts";
import type { Tensor } from "../../op/op.ts";
import type { TrainingConfig } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import type { CheckpointForm, Saved } from "./checkpoints.ts";
import type { TrainingLog } from "./log.ts";
import type { EvaluationRecord, LogLine, StepRecord } from "./log_lines.ts";
import type { Task, Texts } from "./task.ts";

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
  readonly log: Pick<TrainingLog, "size" | "write" | "sync">;
  /** Its lines so far, in a resumed run. */
  readonly history?: readonly LogLine[];
  /** Initial weights, or the checkpoint to resume. */
  readonly from: { readonly params: P } | Saved<P>;
}
