/**
 * Fresh weights: N(0, 0.02) matrices, norms of one (docs/mor.md, "Training"), LoRA A Kaiming-uniform and B zero
 * (docs/mol.md, "Initialisation").
 *
 * @module
 */
import { type HostTensor, hostTensor, hostZeros } from "../op/device.ts";
import { sizeOf } from "../op/op.ts";
import { normals, uniforms } from "../common/random.ts";
import { demandSeed } from "../common/whole.ts";
import { mapParams, type Parameter } from "./parameters.ts";

/** Standard deviation of fresh matrices. */
export const INIT_STD = 0.02;

/** Fresh values of one parameter. */
function freshParameter({ shape, init }: Parameter, seed: number): HostTensor {
  const size = sizeOf(shape);
  switch (init) {
    case "ones":
      return hostTensor(shape, new Float32Array(size).fill(1));
    case "zeros":
      return hostZeros(shape);
    case "normal":
      return hostTensor(shape, normals(seed, size, INIT_STD));
    case "kaiming": {
      // a = √5: bound = √(6 / ((1 + a²)·fan-in)) = 1 / √fan-in
      const uniform = uniforms(seed);
      const bound = 1 / Math.sqrt(shape[shape.length - 1]);
      return hostTensor(shape, Float32Array.from({ length: size }, () => bound * (2 * uniform() - 1)));
    }
  }
}

/**
 * Fresh weights for a schema; the same seed, a whole number from −2³¹ to 2³¹ − 1, gives the same weights. Leaves that have a value in `given`, a record of the
 * schema's form or a part of one, keep it; the others start as they would without it.
 */
export function initialize<P>(schema: unknown, seed: number, given?: unknown): P {
  demandSeed("make weights", seed);
  let index = 0;
  return mapParams<HostTensor | undefined, HostTensor>(schema, (leaf, value) => {
    const number = index++;
    return value ?? freshParameter(leaf, Math.imul(seed + 1, 0x85ebca6b) + number);
  }, given) as P;
}
