/**
 * The feed-forward of a layer: a gated unit, or one modulated per token by routed LoRA experts (arXiv 2512.12880).
 *
 * @module
 */
import type { Backend, Tensor } from "../op.ts";
import { gatedUnit, type GateKind } from "../ops/activation.ts";
import { expertExpand, expertProject, expertUnit } from "../ops/experts.ts";
import { linear } from "../ops/linear.ts";
import { route, type Routed } from "../ops/router.ts";
import type { MolConfig } from "./mol_config.ts";
import type { FeedForwardParams, MolParams } from "./parameters.ts";

/** What a feed-forward needs beside its parameters. */
export interface FeedForwardStyle {
  /** SwiGLU or GeGLU. */
  readonly unit: GateKind;
  /** The experts, where the parameters have them. */
  readonly mol?: MolConfig;
}

/** x + FFN(h), and how the experts were chosen. h, residual [M, D] → y [M, D]. */
export function feedForward<T extends Tensor>(
  backend: Backend<T>,
  { h, residual, offsets }: { h: T; residual: T; offsets?: T },
  params: FeedForwardParams<T>,
  style: FeedForwardStyle,
): { y: T; routed?: Routed<T> } {
  if (params.mol && style.mol) {
    return mixtureOfLoras(backend, { h, residual, offsets }, params, params.mol, style.unit, style.mol);
  }
  const z = gatedUnit(backend, linear(backend, h, params.gateUp, { offsets }), style.unit, offsets);
  return { y: linear(backend, z, params.down, { residual, offsets }) };
}

/** x + MoL(h): mixture of outputs in the exact cheap form, or of weights (mol.md §2). */
function mixtureOfLoras<T extends Tensor>(
  backend: Backend<T>,
  { h, residual, offsets }: { h: T; residual: T; offsets?: T },
  { gateUp, down }: FeedForwardParams<T>,
  { router, inA, inB, outA, outB }: MolParams<T>,
  kind: GateKind,
  { k, R, alpha, normalize, mix }: MolConfig,
): { y: T; routed: Routed<T> } {
  const scale = alpha / R;
  const logits = linear(backend, h, router, { offsets });
  const routed = route(backend, { logits, offsets }, { k, kind: "softmax", alpha: 1, normalize });
  const { experts, weights } = routed;
  const u = linear(backend, h, gateUp, { offsets });
  const a = expertProject(backend, { x: h, a: inA, experts, offsets });
  let hidden: { z: T; mix: T };
  if (mix === "output") {
    hidden = expertUnit(backend, { u, a, b: inB, experts, weights, offsets }, { kind, scale });
  } else {
    const z = gatedUnit(
      backend,
      expertExpand(backend, { x: u, a, b: inB, experts, weights, offsets }, scale),
      kind,
      offsets,
    );
    hidden = { z, mix: z };
  }
  const shared = linear(backend, hidden.mix, down, { residual, offsets });
  const back = expertProject(backend, { x: hidden.z, a: outA, experts, offsets });
  return { y: expertExpand(backend, { x: shared, a: back, b: outB, experts, weights, offsets }, scale), routed };
}
