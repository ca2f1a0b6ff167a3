/** Reads a training configuration from a file. */
import { existsSync } from "node:fs";
import { normalize } from "node:path";
import { MOST_JSON_BYTES, parseJsonObject, readJson } from "../../src/checkpoint/json.ts";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { presetJson } from "../../src/model/config/presets.ts";
import type { TrainingConfig } from "../../src/train/config/config.ts";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { readBytes } from "../support/read_bytes.ts";
import { type Settings, settingsOf } from "../../src/train/config/settings.ts";

/** A configuration and its file. */
export interface ConfigFile {
  /** Path of the file. */
  readonly path: string;
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** Its parsed configuration. */
  readonly config: TrainingConfig;
  /** Settings that determine its run's weights. */
  readonly settings: Settings;
}

/** Values of flags that override the file. */
interface Instead {
  readonly device?: string;
  readonly steps?: number;
}

/** Reads and checks a configuration. Throws one line. */
export async function readConfigFile(path: string, { device, steps }: Instead = {}): Promise<ConfigFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(path, MOST_JSON_BYTES);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${reasonOf(error)}`);
  }
  const folder = path.replace(/[^\\/]*$/, "");
  const resolve = (found: string) => /^(?:[\\/]|[A-Za-z]:|https?:|file:)/.test(found) ? found : normal(folder + found);
  const given: Json = parseJsonObject(bytes, `read ${path}`);
  const model = await modelOf(given, resolve);
  const json = { ...given, model, ...(device && { device }), ...(steps && withSteps(given, steps)) };
  const config = readTrainingConfig(json, { resolve, lacks });
  await demandCheckpoint("start", config.start?.from);
  await demandCheckpoint("teacher", config.teacher?.from);
  return { path, bytes, config, settings: settingsOf(json, config) };
}

/** Whether a path of this system does not exist, or holds no file of that name; URLs are asked later. */
function lacks(path: string, name?: string): boolean {
  const isFile = !name || /\.(?:json|safetensors)$/.test(path);
  return !/^(?:https?|file):/.test(path) && !existsSync(isFile ? path : `${path}/${name}`);
}

/** Another number of steps; warm-ups shrink with it, so that any number can be tried. */
function withSteps({ steps, schedule, capacity_warmup }: Json, wanted: number): Json {
  const shrunk = (warmup: unknown) =>
    typeof warmup === "number" && typeof steps === "number" && wanted < steps
      ? Math.floor(warmup * wanted / steps)
      : warmup;
  const { warmup, ...rest } = (schedule ?? {}) as Json;
  return {
    steps: wanted,
    ...(warmup !== undefined && { schedule: { ...rest, warmup: shrunk(warmup) } }),
    ...(capacity_warmup !== undefined && { capacity_warmup: shrunk(capacity_warmup) }),
  };
}

/** A path without "./", "a/../" and a slash at its end. */
function normal(path: string): string {
  return normalize(path).replace(/(.)[\\/]$/, "$1");
}

/** Throws unless there is a checkpoint, before the texts are prepared. */
async function demandCheckpoint(key: string, from?: string): Promise<void> {
  if (from === undefined || await openSource(from).has("config.json")) return;
  throw new Error(`Cannot read the configuration: training.${key}.from is ${from}, where there is no config.json`);
}

/** The content of the config.json that `model` names; a preset, and the name of none, stay as they are. */
async function modelOf({ model }: Json, resolve: (path: string) => string): Promise<unknown> {
  if (typeof model !== "string" || presetJson(model)) return model;
  const source = openSource(resolve(model));
  const isName = !/[\\/]|\.json$/.test(model) && !await source.has(source.file ?? "config.json");
  return isName ? model : await readJson(source, source.file);
}
