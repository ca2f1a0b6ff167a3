/**
 * The derivative of a gated unit at every chosen expert's input: in tiles of rows or one invocation an element, as the unit.
 *
 * @module
 */
import type { LoraGatedUnitParams } from "../../../src/ops/experts.ts";
import { eachElement, expanded, wordsOf } from "../experts/elements.ts";
import { lanesOf, product, registers, TILE, tile, together } from "../experts/tiles.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { geluGradWgsl, siluGradWgsl } from "../../wgsl/math_grad.ts";

/** A call of loraGatedUnitGrad. */
export type UnitGradCall = Call<"u" | "a" | "b" | "experts" | "dz" | "offsets?", "dv", LoraGatedUnitParams>;

/** WGSL: what is written of a slot, given gate, other, and where they stand in a row. */
const store = (kind: string, column: string) => /* wgsl */ `
  let d = dz[slot * F + ${column}];
  dv[slot * 2 * F + ${column}] = ${kind}Grad(gate) * other * d;
  dv[slot * 2 * F + F + ${column}] = ${kind}(gate) * d;`;

const functions = { silu: siluGradWgsl, gelu: geluGradWgsl };

/** An invocation owns a column and keeps an expert's two rows of B in registers. */
export function unitGradTiles({ inputs: { b, dz, offsets }, params, adapter }: UnitGradCall): Dispatch {
  const [M, k, F] = dz.shape;
  const W = b.shape[2] / 4;
  const LANES = lanesOf(adapter);
  const shared = together(adapter);
  return {
    label: `loraGatedUnitGrad.tiles.${params.kind}${shared ? " subgroups" : ""}`,
    constants: { F, E: b.shape[0], TOP: k, LANES },
    floats: { SCALE: params.scale },
    sizes: rowSizes(M, offsets),
    elements: { a: "vec4<f32>", b: "vec4<f32>" },
    enable: shared ? ["subgroups"] : [],
    workgroups: [Math.ceil(F / LANES), Math.ceil(M / TILE), 1],
    wgsl: functions[params.kind] + liveRows(offsets) + tile(["F", W, shared], {
      first: "",
      load: registers("gate", "b", `(e * 2 * F + column) * ${W}u`, W) + "\n" +
        registers("other", "b", `(e * 2 * F + F + column) * ${W}u`, W),
      each: /* wgsl */ `
      let gate = u[m * 2 * F + column] + SCALE * (${product("gate", "a", W)});
      let other = u[m * 2 * F + F + column] + SCALE * (${product("other", "a", W)});
      ${store(params.kind, "column")}`,
    }),
  };
}

/** One invocation a slot's column, for few rows and ranks that fit no vector. */
export function unitGradElements({ inputs: { b, dz, offsets }, params }: UnitGradCall): Dispatch {
  const [M, k, F] = dz.shape;
  const { W, word, product } = wordsOf(b.shape[2]);
  return {
    label: `loraGatedUnitGrad.${params.kind}`,
    constants: { W, F, TOP: k },
    floats: { SCALE: params.scale },
    sizes: rowSizes(M, offsets),
    elements: { a: word, b: word },
    workgroups: grid(Math.ceil(M * k * F / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${functions[params.kind]}
${liveRows(offsets)}
${expanded("(2 * F)", product)}
${eachElement("(TOP * F)")}
  let f = at % F;
  let slot = at / F;
  let gate = u[m * 2 * F + f] + SCALE * expanded(slot, f);
  let other = u[m * 2 * F + F + f] + SCALE * expanded(slot, F + f);
  ${store(params.kind, "f")}
}`,
  };
}
