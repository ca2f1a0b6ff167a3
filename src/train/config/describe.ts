/**
 * The keys of a training configuration in words.
 *
 * @module
 */
import { lossKeys, molKeys, recursionKeys } from "../../model/config/mechanism_keys.ts";
import { describeRow } from "../../model/config/row.ts";
import { sampleKeys, type TrainingKey, trainingKeys } from "./keys.ts";

/** All tables by the prefix of their keys. */
const tables: Readonly<Record<string, Readonly<Record<string, Omit<TrainingKey, "free">>>>> = {
  "": trainingKeys,
  "data.train[].sample.": sampleKeys,
  "model.recursion.": recursionKeys,
  "model.mol.": molKeys,
  "model.loss_coefficients.": lossKeys,
};

/** All keys with their meanings, ranges and defaults: those of training, then of objects below it. */
export function describeTrainingKeys(): [key: string, text: string][] {
  return Object.entries(tables).flatMap(([prefix, rows]) =>
    Object.entries(rows).map(([key, row]): [string, string] => [prefix + key, describeRow(row)])
  );
}
