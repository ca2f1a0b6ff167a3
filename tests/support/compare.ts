/**
 * One call on the host: its exact result, and the largest error of an actual result beside the computed bound.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import type { Inputs, Op } from "../../src/op/op.ts";
import type { OpName } from "../../src/ops/vocabulary.ts";
import { type AnyBound, ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { accuracy } from "../../reference/accuracy/accuracy.ts";

/** One call of an operation, on the host. */
export interface Case<I extends string, P> {
  /** Inputs by name. */
  inputs: Inputs<I, HostTensor>;
  /** Parameters. */
  params: P;
  /** Elements of each output (or by output) that are defined, e.g. live rows × columns; all unless given. */
  live?: number | Readonly<Record<string, number>>;
}

/** A case of which nothing is known statically. */
export type AnyCase = Case<string, unknown>;

/** Elements before the end of the live rows: rows beyond are unspecified. */
export function liveElements(rows: number, columns: number, offsets: HostTensor | undefined): number {
  return columns * (offsets ? Math.min(rows, offsets.data[offsets.data.length - 1]) : rows);
}

type Named<T> = Record<string, T>;

/** The largest |actual − exact| / bound of a call; throws where it exceeds one, or where an integer differs. */
export function compare<I extends string, O extends string, P>(
  op: Op<I, O, P>,
  { inputs: hosts, params, live }: Case<I, P>,
  actual: Readonly<Record<string, HostTensor>>,
): number {
  const exact = new ReferenceDevice("f64");
  const inputs = Object.fromEntries(
    Object.entries<HostTensor | undefined>(hosts).map(([name, host]) => [name, host && exact.from(host)]),
  ) as Named<RefTensor>;
  const before = Object.fromEntries( // the reference may overwrite inputs in place
    Object.entries(inputs).map(([name, tensor]) => [name, tensor && { ...tensor, data: tensor.data.slice() }]),
  );
  const expected = exact.run(op, inputs as never, params) as Named<RefTensor>;
  const bound: AnyBound = accuracy[op.name as OpName];
  const bounds = bound(before, expected, params) as Named<Float64Array>;
  let worst = 0;
  for (const [name, { data, dtype, shape }] of Object.entries(expected)) {
    const defined = (typeof live === "object" ? live[name] : live) ?? data.length;
    for (let i = 0; i < Math.min(data.length, defined); i++) {
      const error = Math.abs(actual[name].data[i] - data[i]);
      const most = dtype === "i32" ? 0 : bounds[name][i];
      if (!(error <= most)) {
        const found = `is ${actual[name].data[i]}, exact ${data[i]}, error ${error} > bound ${most}`;
        throw new Error(`${op.name}: ${name}[${i}] of [${shape}] ${found}`);
      }
      if (error > 0) worst = Math.max(worst, error / most);
    }
  }
  return worst;
}
