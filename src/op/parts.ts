/**
 * Computing on row parts of tensors that have more bytes than a device binds at once.
 *
 * @module
 */
import type { Inputs, Op, Outputs, PartsBackend, PartsRule, Tensor } from "./op.ts";

/** Rows [from, to) of a tensor. */
export interface RowRange {
  /** First row. */
  readonly from: number;
  /** One past the last row. */
  readonly to: number;
}

/** A row part with its place in the whole tensor. */
export interface RowPart<T> extends RowRange {
  /** Its rows, [to − from, …]. */
  readonly tensor: T;
}

/** Row ranges of parts with these numbers of rows. */
export function rowRanges(rows: readonly number[]): RowRange[] {
  let to = 0;
  return rows.map((count) => ({ from: to, to: to += count }));
}

/** The parts of a tensor with their places. */
export function placedParts<T extends Tensor>(backend: PartsBackend<T>, tensor: T): RowPart<T>[] {
  const parts = backend.partsOf(tensor);
  return rowRanges(parts.map(({ shape }) => shape[0])).map((range, i) => ({ ...range, tensor: parts[i] }));
}

/** The row parts that have rows of [from, to), each with the rows that they share; one that has none for an empty range. */
export function overlaps<R extends RowRange>(parts: readonly R[], { from, to }: RowRange) {
  const used = parts.filter((part) => Math.max(from, part.from) < Math.min(to, part.to));
  const some = used.length > 0 ? used : [parts.find((part) => from <= part.to)!];
  return some.map((part) => ({ part, from: Math.max(from, part.from), to: Math.min(to, part.to) }));
}

/** The rule of an operation that treats every element alike: it runs part by part; inputs outside `of` go to every call. */
export function elementwise<I extends string, O extends string, P>(...of: readonly string[]): PartsRule<I, O, P> {
  return {
    of,
    run<T extends Tensor>(backend: PartsBackend<T>, inputs: Inputs<I, T>, params: P, op: Op<I, O, P>) {
      const cut = Object.entries<T | undefined>(inputs).filter(([name]) => of.includes(name))
        .map(([name, tensor]) => [name, backend.partsOf(tensor!)] as const);
      const results = cut[0][1].map((_, i) => {
        const some = Object.fromEntries(cut.map(([name, list]) => [name, list[i]]));
        return backend.run(op, { ...inputs, ...some }, params);
      });
      const whole = op.outputs.map(({ name }) => [name, backend.join(results.map((result) => result[name]))]);
      return Object.fromEntries(whole) as Outputs<O, T>;
    },
  };
}
