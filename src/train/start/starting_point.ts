/**
 * Initial weights from another model, with the lists of copied and random parameters.
 *
 * @module
 */
import type { HostTensor } from "../../op/device.ts";
import { initialize } from "../../model/init.ts";
import { mapParams } from "../../model/parameters.ts";

/** A model on the host: configuration and weights. */
export interface Trained<C, P> {
  /** What it is. */
  readonly config: C;
  /** Its weights. */
  readonly params: P;
}

/** Initial weights and their origin, for the log. Copied weights share the source's arrays. */
export interface StartingPoint<P> {
  /** The weights. */
  readonly params: P;
  /** Checkpoint names of the weights that come from the source. */
  readonly copied: readonly string[];
  /** Checkpoint names of the random weights. */
  readonly fresh: readonly string[];
  /** Checkpoint names of unused source weights. */
  readonly leftOver: readonly string[];
  /** Source layers of each unique layer or group: several are averaged, an empty list means random. */
  readonly layers: readonly (readonly number[])[];
  /** Further notes for the log, a sentence each. */
  readonly notes: readonly string[];
}

/** Checkpoint names of the leaves of a schema that have a value in a record of its form, or that lack one. */
function namesOf(schema: unknown, values: unknown, present: boolean): string[] {
  const names: string[] = [];
  mapParams<unknown, void>(schema, ({ parts }, value) => {
    if ((value !== undefined) === present) names.push(...parts.map(({ name }) => name));
  }, values);
  return names;
}

/** Completes `given`, a partial record of the schema's form, with random weights; `used` are the source's parameters in use. */
export function startingPoint<P>(
  { schema, given, seed }: { schema: unknown; given: unknown; seed: number },
  source: { schema: unknown; used: unknown },
  { layers, notes = [] }: { layers: readonly (readonly number[])[]; notes?: readonly string[] },
): StartingPoint<P> {
  return {
    params: initialize<P>(schema, seed, given),
    copied: namesOf(schema, given, true),
    fresh: namesOf(schema, given, false),
    leftOver: namesOf(source.schema, source.used, false),
    layers,
    notes,
  };
}

/** Throws a RangeError that names the first field whose values differ between a source and a target. */
export function requireSame<F extends string>(
  action: string,
  source: { readonly [Field in F]: number | string },
  target: { readonly [Field in F]: number | string },
  fields: readonly F[],
): void {
  const field = fields.find((name) => source[name] !== target[name]);
  if (field === undefined) return;
  throw new RangeError(
    `Cannot ${action}: ${field} is ${source[field]} in the source and ${target[field]} in the target`,
  );
}

/** The mean of records of a schema's form, leaf by leaf, summed in double; a single record is returned unchanged. */
export function meanOf<P>(schema: unknown, records: readonly P[]): P {
  if (records.length === 1) return records[0];
  const tensors = records.map((record) => {
    const leaves = new Map<unknown, HostTensor>();
    mapParams<HostTensor, void>(schema, (leaf, tensor) => void leaves.set(leaf, tensor), record);
    return leaves;
  });
  return mapParams(schema, (leaf): HostTensor => {
    const all = tensors.map((leaves) => leaves.get(leaf)!.data);
    const mean = (_: unknown, i: number) => all.reduce((sum, data) => sum + data[i], 0) / all.length;
    return { shape: leaf.shape, data: Float32Array.from({ length: all[0].length }, mean) };
  }) as P;
}
