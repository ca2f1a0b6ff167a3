/**
 * Mixture of LoRAs in tiles of rows: an invocation owns a column, and holds an expert's row of B in registers while the slots
 * (row, choice) of the tile that chose this expert are processed. B is read once a tile and expert, not once a slot.
 *
 * @module
 */
import type { Tensor } from "../../../src/op/op.ts";
import { type Adapter, broadcasts, lanesOf } from "../../host/adapter.ts";
import { liveRows, rowSizes } from "../../host/grid.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { activations } from "../../wgsl/activations.ts";
import { unroll } from "../../wgsl/text.ts";
import type { ExpandCall, UnitCall } from "./calls.ts";

/** Rows of a tile. */
const TILE = 16;

/** WGSL: the first slot from `first` on that chose expert e, or `end`. */
export const nextSlot: string = /* wgsl */ `
fn next(e: u32, first: u32, end: u32) -> u32 {
  var slot = first;
  while (slot < end && experts[slot] != i32(e)) { slot++; }
  return slot;
}`;

/** A function of the slots, in tiles. */
interface Tiles {
  readonly label: string;
  /** The experts' matrices B [E, …, R], the chosen experts [M, k], and the number of columns. */
  readonly b: Tensor;
  readonly experts: Tensor;
  readonly columns: number;
  readonly offsets: Tensor | undefined;
  readonly scale: number;
  /** WGSL: functions. */
  readonly functions?: string;
  /** WGSL: statements for each row m. */
  readonly first?: string;
  /** WGSL: registers for each expert e, W words. */
  load(W: number): string;
  /** WGSL: statements for each slot, which see the registers and the slot's words a0, a1 …. */
  each(W: number): string;
}

/** A column and a tile of rows an invocation; where the adapter broadcasts, a lane reads one word of a slot's projection. */
export function tiles(task: Tiles, adapter: Adapter): Dispatch {
  const { label, b, experts, columns, offsets, scale, functions = "", first = "" } = task;
  const [M, k] = experts.shape;
  const W = b.shape[2] / 4, LANES = lanesOf(adapter), shared = broadcasts(adapter);
  const projection = shared
    ? `let ours = a[slot * ${W}u + lane % ${W}u];\n` + unroll(W, (w) => `let a${w} = subgroupBroadcast(ours, ${w}u);`)
    : registers("a", "a", `slot * ${W}u`, W);
  return {
    label: `${label}${shared ? " subgroups" : ""}`,
    constants: { COLUMNS: columns, E: b.shape[0], TOP: k, LANES },
    floats: { SCALE: scale },
    sizes: rowSizes(M, offsets),
    elements: { a: "vec4<f32>", b: "vec4<f32>" },
    enable: shared ? ["subgroups"] : [],
    workgroups: [Math.ceil(columns / LANES), Math.ceil(M / TILE), 1],
    wgsl: /* wgsl */ `
${functions}
${liveRows(offsets)}
${nextSlot}
@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let inside = id.x * LANES + lane < COLUMNS;
  let column = min(id.x * LANES + lane, COLUMNS - 1u);
  let start = id.y * ${TILE}u;
  let rows = min(start + ${TILE}u, liveRows());
  for (var m = start; m < rows; m++) {
    if (inside) { ${first} }
  }
  for (var e = 0u; e < E; e++) {
${task.load(W)}
    for (var slot = next(e, start * TOP, rows * TOP); slot < rows * TOP; slot = next(e, slot + 1u, rows * TOP)) {
      let m = slot / TOP;
${projection}
      if (inside) {
        ${task.each(W)}
      }
    }
  }
}`,
  };
}

/** WGSL: `let name0 = …, name1 = …` for the W vectors from `at` on. */
function registers(name: string, from: string, at: string, W: number): string {
  return unroll(W, (w) => `    let ${name}${w} = ${from}[${at} + ${w}u];`);
}

/** WGSL: the inner product of two such rows. */
function product(a: string, b: string, W: number): string {
  return unroll(W, (w) => `dot(${a}${w}, ${b}${w})`, " + ");
}

/** The tiles of a gated unit u + s·B_e·a_j: `store` sees its two halves, `gate` and `other`. */
export function unitOf(store: string): Pick<Tiles, "load" | "each"> {
  return {
    load: (W) =>
      registers("gate", "b", `(e * 2 * COLUMNS + column) * ${W}u`, W) + "\n" +
      registers("other", "b", `(e * 2 * COLUMNS + COLUMNS + column) * ${W}u`, W),
    each: (W) => /* wgsl */ `
      let gate = u[m * 2 * COLUMNS + column] + SCALE * (${product("gate", "a", W)});
      let other = u[m * 2 * COLUMNS + COLUMNS + column] + SCALE * (${product("other", "a", W)});
      ${store}`,
  };
}

/** z_j = act(u_j[:F]) ⊙ u_j[F:] with u_j = u + s·B_e·a_j, and Σ_j w_j·z_j. */
export function unitTiles({ inputs: { b, experts, offsets }, outputs: { z }, params, adapter }: UnitCall): Dispatch {
  const { kind, scale } = params;
  return tiles({
    label: `loraGatedUnit.tiles.${kind}`,
    ...{ b, experts, columns: z.shape[2], offsets, scale },
    functions: activations[kind].functions,
    first: "mix[m * COLUMNS + column] = 0.0;",
    ...unitOf(/* wgsl */ `
      let value = ${kind}(gate) * other;
      z[slot * COLUMNS + column] = value;
      mix[m * COLUMNS + column] += weights[slot] * value;`),
  }, adapter);
}

/** y = x + s·Σ_j w_j·B_e·a_j. */
export function expandTiles({ inputs: { b, experts, offsets }, outputs, params, adapter }: ExpandCall): Dispatch {
  return tiles({
    label: "loraUp.tiles",
    ...{ b, experts, columns: outputs.y.shape[1], offsets, scale: params.scale },
    first: "y[m * COLUMNS + column] = x[m * COLUMNS + column];",
    load: (W) => registers("b", "b", `(e * COLUMNS + column) * ${W}u`, W),
    each: (W) => `y[m * COLUMNS + column] += SCALE * weights[slot] * (${product("b", "a", W)});`,
  }, adapter);
}
