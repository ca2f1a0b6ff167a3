/**
 * The feed-forward of a layer: a gated unit, or one modulated per token by routed LoRA experts (arXiv 2512.12880).
 *
 * @module
 */
import type { GatedKind } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { gatedUnit } from "../ops/activation.ts";
import { loraDown, loraGatedUnit, loraUp } from "../ops/experts.ts";
import { linear } from "../ops/linear.ts";
import { norm, type NormParams } from "../ops/norm.ts";
import { normGated } from "../ops/norm_linear.ts";
import { route, type Routed } from "../ops/router.ts";
import type { MolConfig } from "./config/mol_config.ts";
import { addResidual, jittered, type Noise } from "./noise.ts";
import type { FeedForwardParams, MolParams } from "./parameters.ts";

/** What a feed-forward needs beside its parameters. */
export interface FeedForwardStyle {
  /** Which norm comes first. */
  readonly norm: NormParams;
  /** SwiGLU or GeGLU. */
  readonly unit: GatedKind;
  /** The experts, where the parameters have them. */
  readonly mol?: MolConfig;
}

/** What a feed-forward reads. */
export interface FeedForwardInputs<T> {
  /** The stream, [M, D]. */
  readonly x: T;
  /** Weight of the norm, [D]. */
  readonly weight: T;
  /** Where sequences start, [B+1] i32. */
  readonly offsets?: T;
  /** In training. */
  readonly noise?: Noise<T>;
}

/** x + FFN(norm(x)), and how the experts were chosen. x [M, D] → y [M, D]. */
export function feedForward<T extends Tensor>(
  backend: Backend<T>,
  { x, weight, offsets, noise }: FeedForwardInputs<T>,
  params: FeedForwardParams<T>,
  style: FeedForwardStyle,
): { y: T; routed?: Routed<T> } {
  if (params.mol && style.mol) {
    const h = norm(backend, x, weight, style.norm, offsets);
    return mixtureOfLoras(backend, { h, residual: x, offsets, noise }, params, params.mol, style.unit, style.mol);
  }
  const z = normGated(backend, { x, weight, w: params.gateUp, offsets }, { norm: style.norm, unit: style.unit });
  const branch = (residual?: T) => linear(backend, z, params.down, { residual, offsets });
  return { y: addResidual(backend, x, noise, "feedForward", branch) };
}

/** x + MoL(h): mixture of outputs in the exact cheap form, or of weights (docs/mol.md, "Mixture"). */
function mixtureOfLoras<T extends Tensor>(
  backend: Backend<T>,
  { h, residual, offsets, noise }: { h: T; residual: T; offsets?: T; noise?: Noise<T> },
  { gateUp, down }: FeedForwardParams<T>,
  { router, inA, inB, outA, outB }: MolParams<T>,
  kind: GatedKind,
  { k, R, alpha, normalize, mix, jitter }: MolConfig,
): { y: T; routed: Routed<T> } {
  const scale = alpha / R;
  const logits = linear(backend, jittered(backend, h, jitter, noise), router, { offsets });
  const routed = route(backend, { logits, offsets }, { k, kind: "softmax", alpha: 1, normalize });
  const { experts, weights } = routed;
  const u = linear(backend, h, gateUp, { offsets });
  const a = loraDown(backend, { x: h, a: inA, experts, offsets });
  let hidden: { z: T; mix: T };
  if (mix === "output") {
    hidden = loraGatedUnit(backend, { u, a, b: inB, experts, weights, offsets }, { kind, scale });
  } else {
    const z = gatedUnit(
      backend,
      loraUp(backend, { x: u, a, b: inB, experts, weights, offsets }, scale),
      kind,
      offsets,
    );
    hidden = { z, mix: z };
  }
  const back = loraDown(backend, { x: hidden.z, a: outA, experts, offsets });
  const branch = (residual?: T) => {
    const shared = linear(backend, hidden.mix, down, { residual, offsets });
    return loraUp(backend, { x: shared, a: back, b: outB, experts, weights, offsets }, scale);
  };
  return { y: addResidual(backend, residual, noise, "feedForward", branch), routed };
}
