/**
 * Reductions over a row by one work group.
 *
 * @module
 */
import type { Adapter } from "../host/adapter.ts";

/** Rounds after which lavapipe silently ends the loops of an invocation, counted over all of them. */
export const MOST_ROUNDS = 65_535;

/**
 * Invocations that share a row of so many words: one SIMD register of a CPU adapter, but more for rows so long that its
 * loops would exceed {@link MOST_ROUNDS}; on a GPU enough to hide the
 * latency of memory, more for long rows, of which few must occupy the machine.
 */
export function rowLanes({ family }: Adapter, words: number): number {
  if (family === "cpu") return words > MOST_ROUNDS ? 256 : 8;
  return words > 1024 ? 256 : 64;
}

/**
 * WGSL: `sumLanes(lane, value)`, the sum over the work group's `lanes` (a power of two) invocations, known to all of
 * them; to be called in uniform control flow.
 */
export function sumLanes(lanes: number): string {
  return tree("sumLanes", lanes, (a, b) => `${a} + ${b}`);
}

/** WGSL: `maxLanes(lane, value)`, the maximum over the work group's invocations, as {@link sumLanes}. */
export function maxLanes(lanes: number): string {
  return tree("maxLanes", lanes, (a, b) => `max(${a}, ${b})`);
}

/** WGSL: `sumVectors(lane, value)`, {@link sumLanes} of a `vec4<f32>`. */
export function sumVectors(lanes: number): string {
  return tree("sumVectors", lanes, (a, b) => `${a} + ${b}`, lanes, "vec4<f32>");
}

/**
 * WGSL: `greatestPair(lane, value)`, the `vec2<u32>` with the greatest x over the work group's invocations, of equal x the
 * least y, as {@link sumLanes}.
 */
export function greatestPair(lanes: number): string {
  const greater = /* wgsl */ `
fn greaterPair(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return select(b, a, a.x > b.x || (a.x == b.x && a.y < b.y)); }`;
  return greater + tree("greatestPair", lanes, (a, b) => `greaterPair(${a}, ${b})`, lanes, "vec2<u32>");
}

/**
 * WGSL: `sumSegments(lane, value)`, the sum over the invocation's own `size` neighbours (a power of two), as {@link
 * sumLanes}.
 */
export function sumSegments(lanes: number, size: number): string {
  return tree("sumSegments", lanes, (a, b) => `${a} + ${b}`, size);
}

function tree(
  name: string,
  lanes: number,
  combine: (a: string, b: string) => string,
  size = lanes,
  type = "f32",
): string {
  const [within, first] = size === lanes ? ["lane", "0"] : [`lane % ${size}u`, `lane - lane % ${size}u`];
  return /* wgsl */ `
var<workgroup> ${name}Of: array<${type}, ${lanes}>;
fn ${name}(lane: u32, value: ${type}) -> ${type} {
  workgroupBarrier();
  ${name}Of[lane] = value;
  workgroupBarrier();
  for (var half = ${Math.floor(size / 2)}u; half > 0u; half /= 2u) {
    if (${within} < half) { ${name}Of[lane] = ${combine(`${name}Of[lane]`, `${name}Of[lane + half]`)}; }
    workgroupBarrier();
  }
  return ${name}Of[${first}];
}`;
}
