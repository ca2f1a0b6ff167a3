/**
 * Reductions over a row by one work group.
 *
 * @module
 */
import type { Adapter } from "./adapter.ts";

/** Invocations that share a row: one SIMD register of a CPU adapter, enough to hide memory latency on a GPU. */
export function rowLanes({ family }: Adapter): number {
  return family === "cpu" ? 8 : 64;
}

/**
 * WGSL: `sumLanes(lane, value)`, the sum over the work group's `lanes` (a power of two) invocations, known to all of
 * them; to be called in uniform control flow.
 */
export function sumLanes(lanes: number): string {
  return /* wgsl */ `
var<workgroup> lanePartial: array<f32, ${lanes}>;
fn sumLanes(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
  lanePartial[lane] = value;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { lanePartial[lane] += lanePartial[lane + half]; }
    workgroupBarrier();
  }
  return lanePartial[0];
}`;
}
