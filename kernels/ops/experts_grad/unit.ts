/**
 * The derivative of a gated unit at every chosen expert's input: in tiles of rows, or one invocation an element.
 *
 * @module
 */
import type { LoraGatedUnitParams } from "../../../src/ops/experts.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { activations } from "../../wgsl/activations.ts";
import { perWord } from "../../wgsl/launch.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { expanded } from "../experts/elements.ts";
import { tiles, unitOf } from "../experts/tiles.ts";

/** A call of loraGatedUnitGrad. */
export type UnitGradCall = Call<"u" | "a" | "b" | "experts" | "dz" | "offsets?", "dv", LoraGatedUnitParams>;

/** WGSL: the result of a slot at a column of `width`, given both halves of the unit there. */
const store = (kind: string, width: string, column: string) => /* wgsl */ `
  let d = dz[slot * ${width} + ${column}];
  dv[slot * 2 * ${width} + ${column}] = ${kind}Grad(gate) * other * d;
  dv[slot * 2 * ${width} + ${width} + ${column}] = ${kind}(gate) * d;`;

/** An invocation owns a column and holds an expert's two rows of B in registers. */
export function unitGradTiles({ inputs: { b, dz, experts, offsets }, params, adapter }: UnitGradCall): Dispatch {
  const { kind, scale } = params;
  return tiles({
    label: `loraGatedUnitGrad.tiles.${kind}`,
    ...{ b, experts, columns: dz.shape[2], offsets, scale },
    functions: activations[kind].gradFunctions,
    ...unitOf(store(kind, "COLUMNS", "column")),
  }, adapter);
}

/** One invocation a slot's column, for few rows and ranks that are no multiple of four. */
export function unitGradElements({ inputs: { b, dz, offsets }, params: { kind, scale } }: UnitGradCall): Dispatch {
  const [M, k, F] = dz.shape;
  const words = wordsOf(b.shape[2]), { W, word } = words;
  return perWord({
    label: `loraGatedUnitGrad.${kind}`,
    ...{ rows: M, offsets, each: k * F },
    constants: { W, F, TOP: k },
    floats: { SCALE: scale },
    elements: { a: word, b: word },
    functions: activations[kind].gradFunctions + expanded("(2 * F)", words),
    statements: /* wgsl */ `
  let f = w % F;
  let slot = at / F;
  let gate = u[m * 2 * F + f] + SCALE * expanded(slot, f);
  let other = u[m * 2 * F + F + f] + SCALE * expanded(slot, F + f);
  ${store(kind, "F", "f")}`,
  });
}
