import { activationOp, gatedUnitOp } from "../../src/ops/activation.ts";
import { liveRows } from "../reference.ts";
import { TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { activationErrors } from "./scalars.ts";

/** The error of the scalar function. */
export const activation = defineBound(activationOp, ({ x, offsets }, { y }, { kind }) => {
  const [M, F] = y.shape;
  const bound = new Float64Array(M * F);
  for (let i = 0; i < liveRows(offsets, M) * F; i++) bound[i] = activationErrors[kind](x.data[i]);
  return { y: bound };
});

/** The error of the activation, times the other factor, and one product. */
export const gatedUnit = defineBound(gatedUnitOp, ({ u, offsets }, { z }, { kind }) => {
  const [M, F] = z.shape;
  const bound = new Float64Array(M * F);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let f = 0; f < F; f++) {
      const error = activationErrors[kind](u.data[m * 2 * F + f]) * Math.abs(u.data[m * 2 * F + F + f]);
      bound[m * F + f] = error + UNIT * (Math.abs(z.data[m * F + f]) + error) + TINY;
    }
  }
  return { z: bound };
});
