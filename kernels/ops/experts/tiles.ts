/**
 * Tiles of rows: an invocation owns a column, keeps an expert's row of B in registers, and lets those slots (row, choice) of
 * its tile pass by that chose this expert. B is read once a tile and expert instead of once a slot.
 *
 * @module
 */
import type { Adapter } from "../../host/adapter.ts";
import { liveRows, rowSizes } from "../../host/grid.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { geluWgsl, siluWgsl } from "../../wgsl/math.ts";
import type { ExpandCall, UnitCall } from "./calls.ts";

/** Rows of a tile. */
export const TILE = 16;

/** Columns of a group. */
export const lanesOf = ({ family }: Adapter): number => family === "cpu" ? 8 : 64;

/** WGSL: the first slot from `first` on that chose expert e, or `end`. */
export const nextSlot: string = /* wgsl */ `
fn next(e: u32, first: u32, end: u32) -> u32 {
  var slot = first;
  while (slot < end && experts[slot] != i32(e)) { slot++; }
  return slot;
}`;

/** WGSL: `let name0 = …, name1 = …` for the W vectors from `at` on. */
export function registers(name: string, from: string, at: string, W: number): string {
  return Array.from({ length: W }, (_, w) => `    let ${name}${w} = ${from}[${at} + ${w}u];`).join("\n");
}

/** WGSL: the inner product of two such rows. */
export function product(a: string, b: string, W: number): string {
  return Array.from({ length: W }, (_, w) => `dot(${a}${w}, ${b}${w})`).join(" + ");
}

/** Whether each lane reads a word of what a slot brings and hands it to the others. */
export function together({ family, features, subgroupMinSize }: Adapter): boolean {
  return family === "cpu" && features.has("subgroups") && subgroupMinSize >= 8;
}

/** WGSL: `a0`, `a1`, …, the words of a slot's projection. */
function projection(W: number, shared: boolean): string {
  if (!shared) return registers("a", "a", `slot * ${W}u`, W);
  const words = Array.from({ length: W }, (_, w) => `    let a${w} = subgroupBroadcast(ours, ${w}u);`);
  return [`    let ours = a[slot * ${W}u + lane % ${W}u];`, ...words].join("\n");
}

/** WGSL: a column and a tile of rows; `first` is done for each row, `load` for each expert, `each` for its slots. */
export function tile(
  [width, W, shared]: readonly [columns: string, words: number, together: boolean],
  { first, load, each }: { first: string; load: string; each: string },
): string {
  return /* wgsl */ `
${nextSlot}
@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let inside = id.x * LANES + lane < ${width};
  let column = min(id.x * LANES + lane, ${width} - 1u);
  let start = id.y * ${TILE}u;
  let rows = min(start + ${TILE}u, liveRows());
  for (var m = start; m < rows; m++) {
    if (inside) { ${first} }
  }
  for (var e = 0u; e < E; e++) {
${load}
    for (var slot = next(e, start * TOP, rows * TOP); slot < rows * TOP; slot = next(e, slot + 1u, rows * TOP)) {
      let m = slot / TOP;
${projection(W, shared)}
      if (inside) {
        ${each}
      }
    }
  }
}`;
}

/** z_j = act(u_j[:F]) ⊙ u_j[F:] with u_j = u + s·B_e·a_j, and Σ_j w_j·z_j. */
export function unitTiles({ inputs: { b, offsets }, outputs: { z }, params, adapter }: UnitCall): Dispatch {
  const [M, k, F] = z.shape;
  const W = b.shape[2] / 4;
  const LANES = lanesOf(adapter);
  const shared = together(adapter);
  return {
    label: `loraGatedUnit.tiles.${params.kind}${shared ? " subgroups" : ""}`,
    constants: { F, E: b.shape[0], TOP: k, LANES },
    floats: { SCALE: params.scale },
    sizes: rowSizes(M, offsets),
    elements: { a: "vec4<f32>", b: "vec4<f32>" },
    enable: shared ? ["subgroups"] : [],
    workgroups: [Math.ceil(F / LANES), Math.ceil(M / TILE), 1],
    wgsl: /* wgsl */ `
${
      { silu: siluWgsl, gelu: geluWgsl }[params.kind]
    }
${liveRows(offsets)}
${
      tile(["F", W, shared], {
        first: "mix[m * F + column] = 0.0;",
        load: registers("gate", "b", `(e * 2 * F + column) * ${W}u`, W) + "\n" +
          registers("other", "b", `(e * 2 * F + F + column) * ${W}u`, W),
        each: /* wgsl */ `
      let gate = u[m * 2 * F + column] + SCALE * (${product("gate", "a", W)});
      let other = u[m * 2 * F + F + column] + SCALE * (${product("other", "a", W)});
      let value = ${params.kind}(gate) * other;
      z[slot * F + column] = value;
      mix[m * F + column] += weights[slot] * value;`,
      })
    }`,
  };
}

/** y = x + s·Σ_j w_j·B_e·a_j. */
export function expandTiles({ inputs: { b, experts, offsets }, outputs, params, adapter }: ExpandCall): Dispatch {
  const [M, D] = outputs.y.shape;
  const W = b.shape[2] / 4;
  const LANES = lanesOf(adapter);
  const shared = together(adapter);
  return {
    label: `loraUp.tiles${shared ? " subgroups" : ""}`,
    constants: { D, E: b.shape[0], TOP: experts.shape[1], LANES },
    floats: { SCALE: params.scale },
    sizes: rowSizes(M, offsets),
    elements: { a: "vec4<f32>", b: "vec4<f32>" },
    enable: shared ? ["subgroups"] : [],
    workgroups: [Math.ceil(D / LANES), Math.ceil(M / TILE), 1],
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${
      tile(["D", W, shared], {
        first: "y[m * D + column] = x[m * D + column];",
        load: registers("b", "b", `(e * D + column) * ${W}u`, W),
        each: `y[m * D + column] += SCALE * weights[slot] * (${product("b", "a", W)});`,
      })
    }`,
  };
}
