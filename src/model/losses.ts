/**
 * The terms of the training loss as forward values (docs/mor.md, "Router losses"; docs/mol.md, "Load-balancing loss").
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { activation } from "../ops/activation.ts";
import { binaryCrossEntropy, loadBalanceLoss, logSumExp, mean } from "../ops/losses.ts";
import { countChoices } from "../ops/optimizer.ts";
import type { Routed } from "../ops/router.ts";
import type { DecoderOutputs, ExpertUse } from "./decoder.ts";
import type { HeadOutputs } from "./head.ts";

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
  /** Mean KL(teacher ‖ student) over labelled rows, nats. */
  readonly klDivergence: readonly T[];
  /** Mean cosine distance from a teacher's hidden states. */
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
    countChoices(backend, { experts, offsets }, { E: probs.shape[1] });
  return {
    depths: depths && count(depths.routed, offsets),
    experts: (experts ?? []).map(({ routed, rows: { offsets } }) => count(routed, offsets)),
  };
}

/** Load balance of every use of experts over its own live rows, or as a share of that of `counts`. */
function molBalance<T extends Tensor>(
  backend: Backend<T>,
  uses: readonly ExpertUse<T>[],
  counts?: readonly T[],
): LossTerms<T>["molBalance"] {
  return uses.map(({ routed: { probs, experts }, rows: { offsets } }, use) =>
    loadBalanceLoss(backend, { probs, experts, offsets, counts: counts?.[use] })
  );
}

/** The rows that a head scored, and what the means are over. */
export interface ScoredRows<T> {
  /** The head's losses per row. */
  readonly head: Pick<HeadOutputs<T>, "nll" | "kl">;
  /** Labels of those rows, negative for none, i32. */
  readonly labels: T;
  /** Their offsets. */
  readonly offsets: T;
  /** Totals of a batch of several parts. */
  readonly totals?: LossTotals<T>;
}

/** Loss terms of a language model with experts: prediction and load balance. Every term of routers is empty. */
export function encoderLosses<T extends Tensor>(
  backend: Backend<T>,
  { experts }: Pick<DecoderOutputs<T>, "experts">,
  { head: { nll, kl }, labels, offsets, totals }: ScoredRows<T>,
): LossTerms<T> {
  const overLabels = (x: T) => [mean(backend, x, { labels, offsets, total: totals?.labels })];
  return {
    lm: overLabels(nll!),
    klDivergence: kl ? overLabels(kl) : [],
    routerAux: [],
    routerZ: [],
    routerBalance: [],
    molBalance: molBalance(backend, experts, totals?.balance?.experts),
  };
}

/** Loss terms of a decoder: those of {@link encoderLosses} and of its routers. offsets [B+1]. */
export function decoderLosses<T extends Tensor>(
  backend: Backend<T>,
  outputs: DecoderOutputs<T>,
  scored: ScoredRows<T>,
): LossTerms<T> {
  const { recursions, depths } = outputs, { offsets, totals = {} } = scored;
  const meanSquare = (x: T, offsets: T, total?: T) =>
    mean(backend, activation(backend, x, "square", offsets), { offsets, total });
  const balanceOf = ({ probs, experts }: Routed<T>) =>
    loadBalanceLoss(backend, { probs, experts, offsets, counts: totals.balance?.depths });
  const routed = recursions.map((trace, r) => ({ ...trace, total: totals.candidates?.[r] }));
  return {
    ...encoderLosses(backend, outputs, scored),
    routerAux: routed.flatMap(({ scores, auxiliary, chosen, candidates: { offsets }, total }) => {
      if (!scores || !chosen) return [];
      const bce = binaryCrossEntropy(backend, { scores: auxiliary ?? scores, ...chosen, offsets });
      return [mean(backend, bce, { offsets, total })];
    }),
    routerZ: depths
      ? [meanSquare(logSumExp(backend, depths.logits, offsets), offsets, totals.rows)]
      : routed.flatMap(({ scores, candidates: { offsets }, total }) =>
        scores ? [meanSquare(scores, offsets, total)] : []
      ),
    routerBalance: depths ? [balanceOf(depths.routed).loss] : [],
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

/** total = Σ factor · term, over the terms that have a factor. */
export function totalLoss(
  values: Readonly<Record<string, number>>,
  factors: Readonly<Record<string, number | undefined>>,
): number {
  return Object.entries(factors).reduce((total, [term, factor]) => total + (factor ?? 0) * (values[term] ?? 0), 0);
}
