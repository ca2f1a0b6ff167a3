/**
 * Worst error / bound of every operation by size class: a ratio that is small everywhere says that a bound is too wide.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";

/** Upper ends of the size classes; the size of a case is the longest axis of its inputs. */
const ENDS = [64, 256, 1024, Infinity];

/** Below this a bound is reported as wide. */
export const WIDE = 0.01;

const found = new Map<string, Map<number, number>>();

/** Keeps the ratio of one case. */
export function recordRatio(op: string, inputs: object, ratio: number): void {
  const tensors = Object.values(inputs as Record<string, HostTensor | undefined>);
  const longest = tensors.reduce((most, tensor) => Math.max(most, ...(tensor?.shape ?? [])), 0);
  const end = ENDS.find((end) => longest <= end)!;
  const classes = found.get(op) ?? new Map<number, number>();
  found.set(op, classes.set(end, Math.max(classes.get(end) ?? 0, ratio)));
}

/** The ratios of an operation so far on one line, with a warning where the largest sizes use less than {@link WIDE}. */
export function ratioLine(op: string): string {
  const classes = [...found.get(op) ?? []].sort(([a], [b]) => a - b);
  const parts = classes.map(([end, ratio]) => `${ratio.toPrecision(2)} ${end === Infinity ? "above" : `up to ${end}`}`);
  const [, last = 1] = classes.at(-1) ?? [];
  const warning = 0 < last && last < WIDE ? `; WARNING: below ${WIDE}, the bound is wide` : "";
  return `${op}: worst error / bound by longest axis: ${parts.join(", ")}${warning}`;
}
