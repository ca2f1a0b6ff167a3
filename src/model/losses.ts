/**
 * The terms of the training loss as forward values (recursion.md §3, §4; mol.md §2).
 *
 * @module
 */
import type { Backend, Tensor } from "../op.ts";
import { activation } from "../ops/activation.ts";
import { balance, binaryCrossEntropy, logSumExp, mean } from "../ops/losses.ts";
import type { Routed } from "../ops/router.ts";
import type { LossCoefficients } from "./config.ts";
import type { DecoderOutputs, ExpertUse } from "./decoder.ts";

/** Loss terms: each a list of scalars [1] to be added up, except `molBalance`. */
export interface LossTerms<T> {
  /** Mean next-token cross-entropy over labelled rows. */
  readonly lm: readonly T[];
  /**
   * Expert-choice: Σ_r mean BCE of the router's logits (of the auxiliary one's, where there is one) with its selection, over
   * the candidates of all sequences.
   */
  readonly routerAux: readonly T[];
  /** Expert-choice: Σ_r mean z². Token-choice: mean logsumexp(z)². */
  readonly routerZ: readonly T[];
  /** Token-choice: Σ_i f_i·P_i. */
  readonly routerBalance: readonly T[];
  /** Load balance of each use of experts, and whether it had rows: the term is their mean. */
  readonly molBalance: readonly { readonly loss: T; readonly applications: T }[];
  /** Divergence from a teacher's predictions. */
  readonly divergence?: readonly T[];
  /** Cosine distance from a teacher's hidden states. */
  readonly cosine?: readonly T[];
}

/** Load balance of every use of experts over its own live rows. */
export function molBalance<T extends Tensor>(
  backend: Backend<T>,
  uses: readonly ExpertUse<T>[],
): LossTerms<T>["molBalance"] {
  return uses.map(({ routed: { probs, experts }, rows: { offsets } }) => balance(backend, { probs, experts, offsets }));
}

/** Loss terms of routing and experts in a decoder, beside its language-model loss `lm` [1]. offsets [B+1]. */
export function decoderLosses<T extends Tensor>(
  backend: Backend<T>,
  { recursions, depths, experts }: DecoderOutputs<T>,
  { lm, offsets }: { lm: T; offsets: T },
): LossTerms<T> {
  const meanSquare = (x: T, offsets: T) => mean(backend, activation(backend, x, "square", offsets), { offsets });
  const balanceOf = ({ probs, experts }: Routed<T>, offsets: T) => balance(backend, { probs, experts, offsets });
  const scored = recursions.filter(({ scores }) => scores);
  return {
    lm: [lm],
    routerAux: scored.filter(({ chosen }) => chosen).map(({ scores, auxiliary, chosen, candidates: { offsets } }) =>
      mean(backend, binaryCrossEntropy(backend, { scores: auxiliary ?? scores!, ...chosen!, offsets }), { offsets })
    ),
    routerZ: depths
      ? [meanSquare(logSumExp(backend, depths.logits, offsets), offsets)]
      : scored.map(({ scores, candidates }) => meanSquare(scores!, candidates.offsets)),
    routerBalance: depths ? [balanceOf(depths.routed, offsets).loss] : [],
    molBalance: molBalance(backend, experts),
  };
}

/** Loss values on the host. */
export interface LossValues {
  /** Mean next-token (or masked-token) cross-entropy, nats. */
  lm: number;
  /** Router auxiliary loss. */
  routerAux: number;
  /** Router z-loss. */
  routerZ: number;
  /** Token-choice balance. */
  routerBalance: number;
  /** MoL balance. */
  molBalance: number;
}

/** total = lm + Σ coefficient · term. */
export function totalLoss(values: LossValues, coefficients: LossCoefficients): number {
  const { routerAux, routerZ, routerBalance, molBalance } = coefficients;
  return values.lm + routerAux * values.routerAux + routerZ * values.routerZ +
    routerBalance * values.routerBalance + molBalance * values.molBalance;
}
