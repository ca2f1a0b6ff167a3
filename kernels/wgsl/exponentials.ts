/**
 * Sums of exponentials over a row, relative to its maximum, so that nothing overflows.
 *
 * @module
 */
import type { Tensor } from "../../src/op/op.ts";
import type { Adapter } from "../host/adapter.ts";
import type { Dispatch } from "../host/kernel.ts";
import { perRow, perWord } from "./launch.ts";
import { maxLanes, rowLanes, sumLanes } from "./reduce.ts";
import { wordsOf } from "./words.ts";

/** A function of the rows of one input. */
export interface Exponentials {
  /** Name of the variant. */
  readonly label: string;
  /** Name and shape of the input. */
  readonly x: string;
  readonly shape: readonly number[];
  /** Where the live rows end. */
  readonly offsets: Tensor | undefined;
  /** Output of the input's shape, if any. */
  readonly wide?: string;
  /** WGSL: statements before the row is read, of every invocation of the work group. */
  readonly skip?: string;
  /** WGSL: statements that see `m`, `row`, `top` = max x and `sum` = Σ e^(x − top). */
  readonly store: string;
}

/** A work group a row, whose columns come as W words; every lane runs `store`. */
export function overExponentials(
  { label, x, shape: [M, V], offsets, wide, skip = "", store }: Exponentials,
  adapter: Adapter,
): Dispatch {
  const { W, word, sum, max } = wordsOf(V);
  const lanes = rowLanes(adapter, W);
  return perRow({
    label,
    ...{ rows: M, offsets, lanes },
    constants: { W },
    elements: { [x]: word, ...(wide ? { [wide]: word } : {}) },
    functions: maxLanes(lanes) + sumLanes(lanes),
    statements: /* wgsl */ `
  ${skip}
  let row = m * W;
  var most = ${x}[row + min(lane, W - 1)];
  for (var w = lane + LANES; w < W; w += LANES) { most = max(most, ${x}[row + w]); }
  let top = maxLanes(lane, ${max("most")});
  var terms = ${word}();
  for (var w = lane; w < W; w += LANES) { terms += exp(max(${x}[row + w] - top, ${word}(-87.2))); }
  let sum = sumLanes(lane, ${sum("terms")});
  ${store}`,
  });
}

/** The same for rows of few columns E, one invocation a row. */
export function fewExponentials({ label, x, shape: [M, E], offsets, store }: Exponentials): Dispatch {
  return perWord({
    label: `${label}.few`,
    ...{ rows: M, offsets },
    constants: { E },
    statements: /* wgsl */ `
  var top = ${x}[m * E];
  for (var e = 1u; e < E; e++) { top = max(top, ${x}[m * E + e]); }
  var sum = 0.0;
  for (var e = 0u; e < E; e++) { sum += exp(max(${x}[m * E + e] - top, -87.2)); }
  ${store}`,
  });
}
