/** Checks the folder of a run before it starts or resumes. */
import { writeFilesAtomically } from "../../src/checkpoint/files.ts";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import {
  checkpointFolder,
  checkpointSteps,
  readCheckpoint,
  readState,
  removeUnfinished,
  type Saved,
} from "../../src/train/run/checkpoints.ts";
import { schemaOf } from "../../src/train/run/start.ts";
import { differingSetting } from "../../src/train/config/settings.ts";
import { note } from "../support/command.ts";
import type { ConfigFile } from "./config_file.ts";

/** Name of the log. */
export const LOG = "log.jsonl";

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/**
 * Prepares the folder of a run and returns the checkpoint to resume; undefined for a new run.
 *
 * Throws for an existing run without `resume`, or with other settings.
 */
export async function openOut(file: ConfigFile, resume: boolean): Promise<Saved<unknown> | undefined> {
  const { out } = file.config;
  const steps = await checkpointSteps(out);
  const [log, model] = await Promise.all([LOG, "model.safetensors"].map((name) => exists(`${out}/${name}`)));
  if (!resume && (steps.length || log || model)) {
    const there = steps.length ? ` at step ${steps[0]}` : "";
    throw new Error(`Cannot train into ${out}: there is a run${there}; --resume goes on with it, or remove the folder`);
  }
  if (resume && !steps.length && model) {
    throw new Error(`Cannot resume ${out}: there is a model, but no checkpoint to go on from`);
  }
  if (log && !(await Deno.stat(`${out}/${LOG}`)).isFile) {
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
      const differing = differingSetting((await readState(folder)).settings, settings);
      if (differing) throw new DifferentRun(out, differing);
      return await readCheckpoint(folder, { schema: schemaOf(model), averaged: optimizer.average > 0 });
    } catch (error) {
      if (error instanceof DifferentRun) throw error;
      note(`WARNING: ${folder} is passed over: ${reasonOf(error)}`);
    }
  }
  throw new Error(`Cannot resume ${out}: none of its ${steps.length} checkpoints can be read`);
}

class DifferentRun extends Error {
  constructor(out: string, { key, saved, now }: { key: string; saved: string; now: string }) {
    super(`Cannot resume ${out}: ${key} was ${saved} and is ${now} now`);
  }
}
