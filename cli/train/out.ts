/** Checks the folder of a run before it starts or resumes. */
import { existsSync, statSync } from "node:fs";
import { writeFilesAtomically } from "../../src/checkpoint/files.ts";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import {
  checkpointFolder,
  checkpointSteps,
  readCheckpoint,
  readState,
  removeUnfinished,
  type RunState,
  type Saved,
} from "../../src/train/run/checkpoints.ts";
import type { TrainingConfig } from "../../src/train/config/config.ts";
import { scheduleOf } from "../../src/train/config/derive.ts";
import { learningRate } from "../../src/train/schedule.ts";
import { schemaOf } from "../../src/train/run/start.ts";
import { differingSetting } from "../../src/train/config/settings.ts";
import { note } from "../support/command.ts";
import type { ConfigFile } from "./config_file.ts";

/** Name of the log. */
export const LOG = "log.jsonl";

/**
 * Prepares the folder of a run and returns the checkpoint to resume; undefined for a new run.
 *
 * Throws for an existing run without `resume`, or with other settings.
 */
export async function openOut(file: ConfigFile, resume: boolean): Promise<Saved<unknown> | undefined> {
  const { out } = file.config;
  const steps = await checkpointSteps(out);
  const [log, model] = [LOG, "model.safetensors"].map((name) => existsSync(`${out}/${name}`));
  if (!resume && (steps.length || log || model)) {
    const there = steps.length ? ` at step ${steps[0]}` : "";
    throw new Error(`Cannot train into ${out}: there is a run${there}; --resume goes on with it, or remove the folder`);
  }
  if (resume && !steps.length && model) {
    throw new Error(`Cannot resume ${out}: there is a model, but no checkpoint to go on from`);
  }
  if (log && !statSync(`${out}/${LOG}`).isFile()) {
    throw new Error(`Cannot resume ${out}: its ${LOG} is not a file; move it away, and the run begins a new log`);
  }
  const saved = steps.length ? await newest(file, steps) : undefined;
  if (resume && !saved) note(`No checkpoint in ${out}: the run starts from its beginning`);
  await writeFilesAtomically(out, { "training_config.json": [file.bytes] });
  await removeUnfinished(out);
  return saved;
}

/** The newest readable checkpoint. Throws without one, or if it belongs to another run. */
async function newest(file: ConfigFile, steps: readonly number[]): Promise<Saved<unknown>> {
  const { config: { out, model, optimizer }, settings } = file;
  for (const step of steps) {
    const folder = checkpointFolder(out, step);
    try {
      const state = await readState(folder);
      checkSteps(file.config, state);
      const differing = differingSetting(state.settings, settings);
      if (differing) throw differentRun(out, differing);
      return await readCheckpoint(folder, { schema: schemaOf(model), averaged: optimizer.average > 0 });
    } catch (error) {
      if (error instanceof DifferentRun) throw error;
      note(`WARNING: ${folder} is passed over: ${reasonOf(error)}`);
    }
  }
  throw new Error(`Cannot resume ${out}: none of its ${steps.length} checkpoints can be read`);
}

/**
 * Refuses fewer steps than are done. More steps follow the schedule of their number; a line states both rates where they
 * differ.
 */
function checkSteps(config: TrainingConfig, { step, settings: { steps } }: RunState): void {
  if (step > config.steps) {
    throw new DifferentRun(`Cannot resume ${config.out}: ${step} steps are done, and steps is ${config.steps} now`);
  }
  if (typeof steps !== "number" || steps === config.steps) return;
  const [old, now] = [steps, config.steps].map((steps) => learningRate(scheduleOf({ ...config, steps }), step));
  const rate = old === now
    ? ""
    : `; the learning rate goes from ${[old, now].map((rate) => Number(rate.toPrecision(3))).join(" to ")}`;
  note(`steps was ${steps} and is ${config.steps} now${rate}`);
}

/** Another run than that of the checkpoint. */
class DifferentRun extends Error {}

function differentRun(out: string, { key, saved, now }: { key: string; saved: string; now: string }): DifferentRun {
  return new DifferentRun(`Cannot resume ${out}: ${key} was ${saved} and is ${now} now`);
}
