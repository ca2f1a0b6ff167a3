import { activationGradOp, gatedUnitGradOp } from "../../src/ops/activation_grad.ts";
import { defineKernel } from "../host/kernel.ts";
import { slopeOf } from "../wgsl/activations.ts";
import { perWord } from "../wgsl/launch.ts";
import { wordsOf } from "../wgsl/words.ts";

/** dx = f′(x) ⊙ dy. */
export const activationGrad = defineKernel(activationGradOp, ({ inputs: { x, offsets }, params: { kind } }) => {
  const [M, F] = x.shape;
  const { vector, W, word } = wordsOf(F);
  return [perWord({
    label: `activationGrad.${kind}`,
    ...{ rows: M, offsets, each: W },
    elements: { x: word, dy: word, dx: word },
    functions: slopeOf(kind, vector),
    statements: "dx[at] = slope(x[at]) * dy[at];",
  })];
});

/** du = (f′(u[:F]) ⊙ u[F:] ⊙ dz, f(u[:F]) ⊙ dz); an invocation writes both halves' words. */
export const gatedUnitGrad = defineKernel(gatedUnitGradOp, ({ inputs: { dz, offsets }, params: { kind } }) => {
  const [M, F] = dz.shape;
  const { vector, W, word } = wordsOf(F);
  return [perWord({
    label: `gatedUnitGrad.${kind}`,
    ...{ rows: M, offsets, each: W },
    elements: { u: word, dz: word, du: word },
    functions: slopeOf(kind, vector),
    statements: /* wgsl */ `
  let gate = at + m * EACH;
  let x = u[gate];
  let upstream = dz[at];
  du[gate] = slope(x) * u[gate + EACH] * upstream;
  du[gate + EACH] = value(x) * upstream;`,
  })];
});
