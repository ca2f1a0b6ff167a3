/**
 * Matrix product for CPU adapters: a tile of results in registers, no work group memory.
 *
 * Software adapters run eight invocations as one SIMD vector, keep accumulators on the stack at no cost, and load storage
 * lane by lane, even where all lanes load the same address: loads dominate the time. So tiles are large, and with subgroups
 * each lane loads another row of x and broadcasts it.
 *
 * @module
 */
import type { GatedKind } from "../../../src/op/kinds.ts";
import { valueOf } from "../../wgsl/activations.ts";
import { SIMD } from "../../host/adapter.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { type LinearCall, operands } from "./operands.ts";

/** Rows, and groups of four columns, that one invocation computes. */
export interface Tile {
  /** Rows; with `shared` a multiple of {@link SIMD}. */
  readonly rows: number;
  /** Groups of four columns. */
  readonly quads: number;
  /** Whether each lane loads other rows of x and broadcasts them. */
  readonly shared: boolean;
  /** Makes gated units of y's columns and as many rows of w after theirs: two groups of columns, that far apart. */
  readonly unit?: GatedKind;
}

/** Heights of a tile that have loops of their own: rows past the last live one are not multiplied. */
const HEIGHTS = [8, 16, 32];

/**
 * y = x·wᵀ in tiles: `rows` rows by `SIMD · 4 · quads` columns a work group; the rows are normalised if the call has a
 * norm.
 */
export function tile(call: LinearCall, { rows, quads, shared, unit }: Tile): Dispatch {
  const [M, O] = call.outputs.y.shape;
  const { norm } = call.params;
  const { wgsl, ...access } = operands(call);
  const columns = 4 * SIMD * (unit ? 1 : quads);
  const column = (quad: number) => unit ? "column" : `column + ${4 * SIMD * quad}`;
  const line = (c: number) => `wLine(${column(c >> 2)} + ${c & 3})${unit && c >= 4 ? " + sizes.O * sizes.pitch" : ""}`;
  const eachQuad = (piece: (quad: number) => string) => unroll(quads, piece, " ");
  const heights = call.inputs.offsets && shared ? HEIGHTS.filter((height) => height <= rows) : [rows];
  const enough = (height: number, i: number) =>
    `live > ${heights[i - 1] ?? 0} && ${height === rows ? "true" : `live <= ${height}`}`;
  const loads = shared ? rows / SIMD : rows; // rows of x that an invocation loads
  const scaled = (r: number, quad: number) =>
    norm ? `sum${r}_${quad} * scales[${r}].x * scales[${r}].y` : `sum${r}_${quad}`;
  const finish = (r: number) =>
    unit
      ? `finish(row + ${r}, column, value(${scaled(r, 0)}) * (${scaled(r, 1)}));`
      : eachQuad((q) => `finish(row + ${r}, ${column(q)}, ${scaled(r, q)});`);
  return {
    label: `linear.tile ${rows}×${4 * SIMD * quads}${shared ? " subgroups" : ""}${norm ? " normed" : ""}${
      unit ? " gated" : ""
    }`,
    ...access,
    enable: shared ? ["subgroups"] : [],
    workgroups: [Math.ceil(O / columns), Math.ceil(M / rows), 1],
    wgsl: /* wgsl */ `
${wgsl}
${unit ? valueOf(unit, true) : ""}
@compute @workgroup_size(${SIMD})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = id.y * ${rows};
  let column = id.x * ${columns} + 4 * lane;
  let live = select(0, liveRows() - row, row < liveRows());
${unroll(loads, (i) => `  let x${i} = xLine(row + ${shared ? `${i * SIMD} + lane` : i});`)}
${norm ? unroll(loads, (i) => `  var squares${i} = 0.0;`) : ""}
${unroll(4 * quads, (c) => `  let line${c} = ${line(c)};`)}
${unroll(rows, (r) => eachQuad((q) => `var sum${r}_${q} = vec4<f32>();`))}
${
      heights.map((height, i) => `
  let steps${height} = select(0, sizes.steps, ${enough(height, i)}); // an early return would mask every load
  for (var d = 0u; d < steps${height}; d++) {
${eachQuad((q) => `let w${q} = mat4x4(${unroll(4, (c) => `wAt(line${4 * q + c}, d)`, ", ")});`)}
${norm ? "let weight = weightAt(0, d);" : ""}
${step(height, { quads, shared, normed: !!norm })}
  }`).join("")
    }
${norm ? scales(rows, shared) : ""}
  if (row >= liveRows()) { return; }
${unroll(rows, finish)}
}`,
  };
}

/** WGSL: four numbers of each row of x times those of w's lines; and the rows' squares. */
function step(rows: number, { quads, shared, normed }: { quads: number; shared: boolean; normed: boolean }): string {
  const multiply = (row: number) => unroll(quads, (q) => `sum${row}_${q} += a * w${q};`, " ");
  const load = (i: number) =>
    normed
      ? `let raw${i} = xAt(x${i}, d); squares${i} += dot(raw${i}, raw${i}); let a${i} = raw${i} * weight;`
      : `let a${i} = xAt(x${i}, d);`;
  if (!shared) return unroll(rows, (row) => `{ ${load(row)} let a = a${row}; ${multiply(row)} }`);
  const hand = (block: number) => (lane: number) =>
    `{ let a = subgroupBroadcast(a${block}, ${lane}u); ${multiply(block * SIMD + lane)} }`;
  return unroll(rows / SIMD, (block) => `${load(block)}\n${unroll(SIMD, hand(block))}`);
}

/** WGSL: `scales` of the rows of a tile, in a loop of unknown length: compilers unroll one of known length. */
function scales(rows: number, shared: boolean): string {
  return /* wgsl */ `
  var squares = array<f32, ${rows}>(${unroll(rows, (r) => squaresOf(r, shared), ", ")});
  var scales: array<vec2<f32>, ${rows}>;
  for (var r = 0u; r < min(${rows}u, sizes.M - row); r++) { scales[r] = scaleOf(squares[r], xLine(row + r), 0.0); }`;
}

/** WGSL: the sum of squares of row r of a tile; with broadcasts, one lane has it. */
function squaresOf(r: number, shared: boolean): string {
  return shared ? `subgroupBroadcast(squares${Math.floor(r / SIMD)}, ${r % SIMD}u)` : `squares${r}`;
}
