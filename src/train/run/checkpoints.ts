/**
 * Checkpoints of a training run: folders with a complete model, the optimizer's state and the position of the run.
 *
 * @module
 */
import { writeFilesAtomically } from "../../checkpoint/files.ts";
import { fileSystem, isMissing } from "../../checkpoint/host.ts";
import { readJson } from "../../checkpoint/json.ts";
import { nativeLayout } from "../../checkpoint/layout.ts";
import { loadParameters } from "../../checkpoint/load.ts";
import { reasonOf } from "../../checkpoint/messages.ts";
import { saveModel, tensorsOf } from "../../checkpoint/save.ts";
import { openCheckpoint } from "../../checkpoint/shards.ts";
import { openSource } from "../../checkpoint/open_source.ts";
import { encodeSafetensors } from "../../checkpoint/write.ts";
import { Fields, type Json } from "../../model/config/fields.ts";
import { mapParams } from "../../model/parameters.ts";
import type { Settings } from "../config/settings.ts";
import type { OptimizerState } from "../update.ts";
import { fileDigests, jsonDigest, refuseDamage } from "./digest.ts";

/** Position of a run. */
export interface RunState {
  /** Updates done. */
  readonly step: number;
  /** Bytes of log.jsonl. */
  readonly log: number;
  /** Seconds of training so far, all sessions together. */
  readonly seconds: number;
  /** Settings that determine the run's weights. */
  readonly settings: Settings;
  /** Hash name of the texts. */
  readonly texts: string;
  /** Hashes of the tensor files and of this record, by file name; written by {@link saveCheckpoint}. */
  readonly digests?: Readonly<Record<string, string>>;
}

/** Contents of a checkpoint. */
export interface Saved<P> {
  /** The weights. */
  readonly params: P;
  /** Optimizer state. */
  readonly optimizer: OptimizerState<P>;
  /** Position. */
  readonly state: RunState;
}

/** Schema and JSON files of a run's checkpoints. */
export interface CheckpointForm {
  /** Schema of the parameters. */
  readonly schema: unknown;
  /** Content of config.json. */
  readonly json: Json;
  /** Contents of tokenizer.json and the like, by name. */
  readonly tokenizer: Readonly<Record<string, Json>>;
  /** Whether a moving average of the weights is kept. */
  readonly averaged: boolean;
}

const STATE = "training.json", WEIGHTS = "model.safetensors", OPTIMIZER = "optimizer.safetensors";
const NAME = /^checkpoint-(\d{6,})$/;

/** Temporary names of files and folders, before they are complete. */
const UNFINISHED = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Folder of the checkpoint after `step` updates. */
export function checkpointFolder(out: string, step: number): string {
  return `${out}/checkpoint-${String(step).padStart(6, "0")}`;
}

/** Encodes JSON files by name. */
export function jsonFiles(files: Readonly<Record<string, unknown>>): Record<string, Uint8Array[]> {
  const bytes = (json: unknown) => [new TextEncoder().encode(JSON.stringify(json, null, 2) + "\n")];
  return Object.fromEntries(Object.entries(files).map(([name, json]) => [name, bytes(json)]));
}

/** Schema of the optimizer state: the parameters' names with the prefixes m., v. and average. */
function optimizerSchema({ schema, averaged }: Pick<CheckpointForm, "schema" | "averaged">): unknown {
  const under = (prefix: string) =>
    mapParams(schema, (leaf) => ({
      ...leaf,
      parts: leaf.parts.map(({ name, shape }) => ({ name: `${prefix}.${name}`, shape })),
    }));
  return { m: under("m"), v: under("v"), ema: averaged ? under("average") : undefined };
}

/** Steps of the checkpoints of a run, newest first. */
export async function checkpointSteps(out: string): Promise<number[]> {
  const names = await namesIn(out);
  return names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number).sort((a, b) => b - a);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fileSystem(`read ${folder}`).names(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Writes a checkpoint under a temporary name, renames it when it is complete, and removes all but the newest `keep`.
 *
 * Throws naming the file when it cannot be written; earlier checkpoints then stay unchanged.
 */
export async function saveCheckpoint<P>(
  out: string,
  form: CheckpointForm,
  { params, optimizer, state }: Saved<P>,
  keep: number,
): Promise<string> {
  const disk = fileSystem(`write ${out}`);
  const folder = checkpointFolder(out, state.step);
  const temporary = `${out}/.checkpoint-${state.step}.${crypto.randomUUID()}.tmp`;
  const tensors = tensorsOf(optimizerSchema(form), optimizer, nativeLayout, folder);
  try {
    await saveModel(temporary, {
      json: form.json,
      schema: form.schema,
      params,
      extraFiles: {
        ...jsonFiles(form.tokenizer),
        [OPTIMIZER]: encodeSafetensors(tensors),
      },
    });
    const digests = await fileDigests(openSource(temporary), [WEIGHTS, OPTIMIZER]);
    const own = await jsonDigest({ ...state, digests });
    await writeFilesAtomically(temporary, jsonFiles({ [STATE]: { ...state, digests: { ...digests, [STATE]: own } } }));
    await disk.removeAll(folder).catch(() => {}); // an unreadable checkpoint of the same step
    await disk.rename(temporary, folder);
    await syncFolder(out);
  } catch (error) {
    await disk.removeAll(temporary).catch(() => {});
    throw new Error(`Cannot write ${folder}: ${reasonOf(error)}`, { cause: error });
  }
  for (const step of (await checkpointSteps(out)).filter((step) => step < state.step).slice(keep - 1)) {
    await disk.removeAll(checkpointFolder(out, step));
  }
  return folder;
}

/** Flushes a renaming to disk, on systems that open folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const directory = await fileSystem(`write ${folder}`).open(folder);
    await directory.sync().finally(() => directory.close());
  } catch { /* some systems open no folders */ }
}

/** Removes files and folders that a killed process did not finish writing; the folder must be locked. */
export async function removeUnfinished(out: string): Promise<void> {
  for (const name of (await namesIn(out)).filter((name) => UNFINISHED.test(name))) {
    await fileSystem(`write ${out}`).removeAll(`${out}/${name}`);
  }
}

/** Reads the position of a checkpoint. Throws when training.json is missing, damaged or invalid. */
export async function readState(folder: string): Promise<RunState> {
  const { source } = await openCheckpoint(folder);
  const json = await readJson(source, STATE);
  await refuseChangedState(json, `${STATE} of ${source.name}`);
  const fields = new Fields(json, `${folder}/${STATE}`);
  const settings = fields.object("settings");
  fields.check(settings !== undefined, () => `${fields.path}.settings is missing`);
  const digests = fields.object("digests");
  const state: RunState = {
    step: fields.count("step"),
    log: fields.number("log"),
    seconds: fields.number("seconds", undefined, { fraction: true }),
    settings: settings!.json,
    texts: fields.text("texts") ?? "",
    ...(digests &&
      { digests: Object.fromEntries(Object.keys(digests.json).map((name) => [name, digests.text(name)!])) }),
  };
  fields.noOthers();
  return state;
}

/** Throws unless the record has its stated hash; earlier versions wrote none. */
async function refuseChangedState({ digests, ...state }: Json, name: string): Promise<void> {
  const { [STATE]: digest, ...bodies } = (digests ?? {}) as Json;
  if (digest === undefined || digest === await jsonDigest({ ...state, digests: bodies })) return;
  throw new Error(`Cannot read ${name}: its SHA-256 is not that of what was written`);
}

/** Reads a checkpoint. Throws when a file is missing, damaged or invalid. */
export async function readCheckpoint<P>(
  folder: string,
  form: Pick<CheckpointForm, "schema" | "averaged">,
): Promise<Saved<P>> {
  const state = await readState(folder);
  const { [STATE]: _, ...bodies } = state.digests ?? {}; // runs of earlier versions wrote none
  await refuseDamage(openSource(folder), bodies);
  const params = await loadParameters<P>(await openCheckpoint(folder), form.schema);
  const kept = await openCheckpoint(`${folder}/${OPTIMIZER}`);
  return { params, optimizer: await loadParameters<OptimizerState<P>>(kept, optimizerSchema(form)), state };
}
