/**
 * The terms of the training loss as forward values (recursion.md §3, §4; mol.md §2).
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { activation } from "../ops/activation.ts";
import { balance, binaryCrossEntropy, logSumExp, mean } from "../ops/losses.ts";
import { countChoices } from "../ops/optimizer.ts";
import type { Routed } from "../ops/router.ts";
import type { LossCoefficients } from "./config/config.ts";
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

/** Choices that balance terms count. */
export interface BalanceCounts<T> {
  /** Token-choice: rows by depth, [N]. */
  readonly depths?: T;
  /** Every use of experts: slots by expert, [E] each. */
  readonly experts: readonly T[];
}

/**
 * What loss terms are means over, where a batch is computed part by part: counts over all its parts. The term of a part is
 * then its share of the whole batch's term. Counts that are absent are the part's own.
 */
export interface LossTotals<T> {
  /** Rows with a label, [1]. */
  readonly labels?: T;
  /** Live rows, [1]. */
  readonly rows?: T;
  /** Expert-choice: candidates of each recursion, [1] each. */
  readonly candidates?: readonly T[];
  /** Choices that are balanced. */
  readonly balance?: BalanceCounts<T>;
}

/** Counts the choices of depths and experts of a batch; those of several parts may be added up. offsets [B+1]. */
export function balanceCounts<T extends Tensor>(
  backend: Backend<T>,
  { depths, experts }: Partial<Pick<DecoderOutputs<T>, "depths" | "experts">>,
  offsets: T,
): BalanceCounts<T> {
  const count = ({ probs, experts }: Routed<T>, offsets: T) =>
    countChoices(backend, { experts, offsets }, probs.shape[1]);
  return {
    depths: depths && count(depths.routed, offsets),
    experts: (experts ?? []).map(({ routed, rows: { offsets } }) => count(routed, offsets)),
  };
}

/** Load balance of every use of experts over its own live rows, or as a share of that of `counts`. */
export function molBalance<T extends Tensor>(
  backend: Backend<T>,
  uses: readonly ExpertUse<T>[],
  counts?: readonly T[],
): LossTerms<T>["molBalance"] {
  return uses.map(({ routed: { probs, experts }, rows: { offsets } }, use) =>
    balance(backend, { probs, experts, offsets, counts: counts?.[use] })
  );
}

/** Loss terms of routing and experts in a decoder, beside its language-model loss `lm` [1]. offsets [B+1]. */
export function decoderLosses<T extends Tensor>(
  backend: Backend<T>,
  { recursions, depths, experts }: DecoderOutputs<T>,
  { lm, offsets, totals = {} }: { lm: T; offsets: T; totals?: LossTotals<T> },
): LossTerms<T> {
  const meanSquare = (x: T, offsets: T, total?: T) =>
    mean(backend, activation(backend, x, "square", offsets), { offsets, total });
  const balanceOf = ({ probs, experts }: Routed<T>) =>
    balance(backend, { probs, experts, offsets, counts: totals.balance?.depths });
  const judged = recursions.map((trace, r) => ({ ...trace, total: totals.candidates?.[r] }));
  return {
    lm: [lm],
    routerAux: judged.flatMap(({ scores, auxiliary, chosen, candidates: { offsets }, total }) => {
      if (!scores || !chosen) return [];
      const bce = binaryCrossEntropy(backend, { scores: auxiliary ?? scores, ...chosen, offsets });
      return [mean(backend, bce, { offsets, total })];
    }),
    routerZ: depths
      ? [meanSquare(logSumExp(backend, depths.logits, offsets), offsets, totals.rows)]
      : judged.flatMap(({ scores, candidates: { offsets }, total }) =>
        scores ? [meanSquare(scores, offsets, total)] : []
      ),
    routerBalance: depths ? [balanceOf(depths.routed).loss] : [],
    molBalance: molBalance(backend, experts, totals.balance?.experts),
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
