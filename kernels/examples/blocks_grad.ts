import { POOLINGS } from "../../src/op/kinds.ts";
import { spec } from "../../src/op/op.ts";
import type { ActivationKind } from "../../src/ops/activation.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Widths that divide by four, and one that does not. */
const widths = [64, 30, 1024] as const;

const norms = { D: widths, kind: ["rms", "layer"] as const, offsets };

const kinds: readonly ActivationKind[] = ["gelu", "silu", "relu", "tanh", "sigmoid", "square"];

/** Which of two optional gradients are given. */
const given = ["dprobs", "dweights", "both"] as const;

/** Examples of the derivatives of what every layer is made of, of its routers, and of pooling. */
export const blocksGrad = {
  normGrad: each(norms, ({ D, kind, offsets }) => ({
    inputs: { x: spec([9, D]), weight: spec([D]), dy: spec([9, D]), offsets },
    params: { kind, eps: 1e-5 },
  })),
  normGradWeight: each({ ...norms, M: [9, 20000] }, ({ M, D, kind, offsets }) => ({
    inputs: { x: spec([M, D]), dy: spec([M, D]), offsets },
    params: { kind, eps: 1e-5 },
  })),
  activationGrad: each({ F: widths, kind: kinds, offsets }, ({ F, kind, offsets }) => ({
    inputs: { x: spec([9, F]), dy: spec([9, F]), offsets },
    params: { kind },
  })),
  gatedUnitGrad: each({ F: widths, kind: ["silu", "gelu"] as const, offsets }, ({ F, kind, offsets }) => ({
    inputs: { u: spec([9, 2 * F]), dz: spec([9, F]), offsets },
    params: { kind },
  })),
  gateGrad: each({ kind: ["sigmoid", "tanh", "none"] as const, offsets }, ({ kind, offsets }) => ({
    inputs: { scores: spec([9, 1]), dgates: spec([9, 1]), offsets },
    params: { kind, alpha: 0.1 },
  })),
  routeGrad: each(
    { kind: ["softmax", "sigmoid"] as const, normalize: [true, false], alpha: [1, 0], given, offsets },
    ({ kind, normalize, alpha, given, offsets }) => ({
      inputs: {
        probs: spec([9, 8]),
        experts: whole(9, 2),
        weights: spec([9, 2]),
        dprobs: given === "dweights" ? undefined : spec([9, 8]),
        dweights: given === "dprobs" ? undefined : spec([9, 2]),
        offsets,
      },
      params: { k: 2, kind, alpha, normalize },
    }),
  ),
  poolGrad: each(
    { D: widths, kind: POOLINGS, normalize: [true, false] },
    ({ D, kind, normalize }) => ({
      inputs: { x: spec([20, D]), dy: spec([3, D]), offsets: whole(4) },
      params: { kind, normalize },
    }),
  ),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
