/**
 * The settings that determine a run's weights: a run can be resumed only with equal ones.
 *
 * @module
 */
import type { Json } from "../../model/config/fields.ts";
import type { TrainingConfig } from "./config.ts";
import { type TrainingKey, trainingKeys } from "./keys.ts";
import { modelJson } from "./special.ts";

/** Settings by key, defaults filled in. */
export type Settings = Readonly<Record<string, unknown>>;

/** The settings of a run: its JSON with every default and the parsed model, without the keys that change no weights. */
export function settingsOf(json: Json, config: TrainingConfig): Settings {
  const settings: Record<string, unknown> = {};
  for (const [key, { fallback, free }] of Object.entries<TrainingKey>(trainingKeys)) {
    const value = key.split(".").reduce<unknown>((node, part) => (node as Json | undefined)?.[part] ?? undefined, json);
    if (key !== "model" && !free) settings[key] = value ?? fallback ?? null;
  }
  settings.objective = config.objective;
  for (const [key, value] of Object.entries(modelJson({ ...config.model, source: undefined }))) {
    settings[`model.${key}`] = value;
  }
  return settings;
}

/** The first key but `steps` whose values differ, with both values as text; undefined when all are equal. */
export function differingSetting(
  saved: Settings,
  now: Settings,
): { key: string; saved: string; now: string } | undefined {
  const text = (value: unknown) => JSON.stringify(value) ?? "nothing";
  const keys = new Set([...Object.keys(saved), ...Object.keys(now)]);
  keys.delete("steps"); // more steps go on with the run
  for (const key of keys) {
    if (text(saved[key]) !== text(now[key])) return { key, saved: text(saved[key]), now: text(now[key]) };
  }
}
