/**
 * Matrix product for CPU adapters: a tile of results in registers, no work group memory.
 *
 * Software adapters run eight invocations as one SIMD vector, keep accumulators on the stack at no cost, and load storage
 * lane by lane, whether or not all lanes ask for the same: loads are what costs. So tiles are large, and where there are
 * subgroups each lane loads another row of x and hands it to the others.
 *
 * @module
 */
import type { Dispatch } from "../kernel.ts";
import { type LinearCall, operands, unroll } from "./operands.ts";

/** Invocations of a work group: the SIMD width of software adapters. */
export const LANES = 8;

/** Rows, and groups of four columns, that one invocation computes. */
export interface Tile {
  /** Rows; with `shared` a multiple of {@link LANES}. */
  readonly rows: number;
  /** Groups of four columns. */
  readonly quads: number;
  /** Whether lanes load rows of x for each other. */
  readonly shared: boolean;
}

/** Rows that a tile may have loops for, where those that are live are few: the others are not multiplied. */
const HEIGHTS = [8, 16, 32];

/** y = x·wᵀ in tiles: `rows` rows by `LANES · 4 · quads` columns a work group. */
export function tile(call: LinearCall, { rows, quads, shared }: Tile): Dispatch {
  const [M, O] = call.outputs.y.shape;
  const { wgsl, ...access } = operands(call);
  const column = (quad: number) => `column + ${4 * LANES * quad}`;
  const eachQuad = (piece: (quad: number) => string) => unroll(quads, piece, " ");
  const multiply = (row: number) => eachQuad((q) => `sum${row}_${q} += a * w${q};`);
  const step = (rows: number) =>
    shared
      ? unroll(
        rows / LANES,
        (block) =>
          `let a${block} = xAt(x${block}, d);\n` +
          unroll(
            LANES,
            (lane) => `{ let a = subgroupBroadcast(a${block}, ${lane}u); ${multiply(block * LANES + lane)} }`,
          ),
      )
      : unroll(rows, (row) => `{ let a = xAt(x${row}, d); ${multiply(row)} }`);
  const heights = call.inputs.offsets && shared ? HEIGHTS.filter((height) => height <= rows) : [rows];
  const enough = (height: number, i: number) =>
    `live > ${heights[i - 1] ?? 0} && ${height === rows ? "true" : `live <= ${height}`}`;
  return {
    label: `linear.tile ${rows}×${4 * LANES * quads}${shared ? " subgroups" : ""}`,
    ...access,
    enable: shared ? ["subgroups"] : [],
    workgroups: [Math.ceil(O / (4 * LANES * quads)), Math.ceil(M / rows), 1],
    wgsl: /* wgsl */ `
${wgsl}
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = id.y * ${rows};
  let column = id.x * ${4 * LANES * quads} + 4 * lane;
  let live = select(0, liveRows() - row, row < liveRows());
${
      shared
        ? unroll(rows / LANES, (block) => `  let x${block} = xLine(row + ${block * LANES} + lane);`)
        : unroll(rows, (r) => `  let x${r} = xLine(row + ${r});`)
    }
${unroll(4 * quads, (c) => `  let line${c} = wLine(${column(c >> 2)} + ${c & 3});`)}
${unroll(rows, (r) => eachQuad((q) => `var sum${r}_${q} = vec4<f32>();`))}
${
      heights.map((height, i) => `
  let steps${height} = select(0, sizes.steps, ${enough(height, i)}); // an early return would mask every load
  for (var d = 0u; d < steps${height}; d++) {
${eachQuad((q) => `let w${q} = mat4x4(${unroll(4, (c) => `wAt(line${4 * q + c}, d)`, ", ")});`)}
${step(height)}
  }`).join("")
    }
  if (row >= liveRows()) { return; }
${unroll(rows, (r) => eachQuad((q) => `finish(row + ${r}, ${column(q)}, sum${r}_${q});`))}
}`,
  };
}
