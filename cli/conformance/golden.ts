/**
 * A golden folder: a checkpoint, and values recorded by an independent program (`expected.safetensors`).
 *
 * @module
 */
import { openDecoder, openEncoder } from "../../src/checkpoint/open.ts";
import { readJson } from "../../src/checkpoint/json.ts";
import { type Checkpoint, openCheckpoint } from "../../src/checkpoint/shards.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { HostTensor } from "../../src/op/device.ts";
import { padded, type Task, unpadded } from "./task.ts";
import type { Model } from "./model.ts";

/** Names of recorded inputs; all other tensors are compared. */
const INPUTS = ["input_ids", "attention_mask", "labels", "generate.prompt_length"];

/** Contents of a golden folder. */
export interface Golden {
  /** Path of the folder. */
  readonly folder: string;
  /** Configuration and weights. */
  readonly model: Model;
  /** Inputs of the model. */
  readonly task: Task;
  /** Recorded quantities by name. */
  readonly recorded: ReadonlyMap<string, HostTensor>;
}

/** Reads a golden folder. Throws when it is not one, or its recordings are inconsistent. */
export async function openGolden(folder: string): Promise<Golden> {
  const source = openSource(folder);
  for (const file of ["config.json", "expected.safetensors"]) {
    if (!await source.has(file)) throw new Error(`it is not a golden folder, it has no ${file}`);
  }
  const values = await readValues(await openCheckpoint(`${folder.replace(/\/+$/, "")}/expected.safetensors`));
  const task = taskOf(values);
  const recorded = new Map([...values].filter(([name]) => !INPUTS.includes(name)));
  if (recorded.size === 0) throw new Error("its expected.safetensors records nothing to compare");
  return { folder, model: await openModel(folder), task, recorded };
}

async function openModel(folder: string): Promise<Model> {
  const { model_type } = await readJson(openSource(folder));
  return model_type === "modernalbert" || model_type === "modernbert"
    ? { kind: "encoder", ...await openEncoder(folder) }
    : { kind: "decoder", ...await openDecoder(folder) };
}

async function readValues(checkpoint: Checkpoint): Promise<Map<string, HostTensor>> {
  const values = new Map<string, HostTensor>();
  for (const name of checkpoint.names()) {
    const { dtype, shape } = checkpoint.entry(name);
    values.set(name, { shape, data: await (/F/.test(dtype) ? checkpoint.read(name) : checkpoint.readInts(name)) });
  }
  return values;
}

/** The task of the recorded inputs. */
function taskOf(values: ReadonlyMap<string, HostTensor>): Task {
  const ids = values.get("input_ids");
  if (!ids || ids.shape.length !== 2) throw new Error("its expected.safetensors has no input_ids [B, T]");
  const [B, T] = ids.shape;
  const mask = values.get("attention_mask") ?? { shape: [B, T], data: new Int32Array(B * T).fill(1) };
  const lengths = Array.from({ length: B }, (_, b) => lengthOf(mask.data.subarray(b * T, (b + 1) * T), b));
  const labels = values.get("labels");
  const names = [...values.keys()];
  return {
    sequences: unpadded(ids, lengths),
    labels: labels && unpadded(labels, lengths),
    width: T,
    wants: (prefix) => names.some((name) => name.startsWith(prefix)),
    continuation: continuationOf(values),
  };
}

function lengthOf(mask: ArrayLike<number>, b: number): number {
  const row = Array.from(mask);
  const length = row.reduce((sum, value) => sum + value, 0);
  if (length > 0 && row.every((value, t) => value === Number(t < length))) return length;
  throw new Error(`its attention_mask of sequence ${b} is not some ones and then zeros`);
}

function continuationOf(values: ReadonlyMap<string, HostTensor>): Task["continuation"] {
  const [ids, prompt] = [values.get("generate.ids"), values.get("generate.prompt_length")?.data[0]];
  if (!ids) return undefined;
  const [B, T] = ids.shape;
  if (!(prompt! > 0 && prompt! < T)) throw new Error(`its generate.prompt_length is ${prompt}, of ${T} ids`);
  return { prompt: prompt!, ids: unpadded(ids, new Array(B).fill(T)) };
}

/** Recorded scores are specified at rows that were candidates only: those active in the recursion before. */
export function specified({ recorded, task }: Golden, quantity: string): ArrayLike<number> | undefined {
  const [, part, r] = quantity.match(/^(train|infer)\.score\.(\d+)$/) ?? [];
  if (!part || Number(r) === 0) return undefined;
  const before = recorded.get(`${part}.active.${Number(r) - 1}`);
  return before?.data ?? padded({ shape: [0], data: new Int32Array(0) }, task.sequences, task.width).data;
}
