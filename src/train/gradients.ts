/**
 * Gradients of all parameters from loss terms.
 *
 * @module
 */
import { allocate, type Device } from "../op/device.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { add, ratio } from "../ops/add.ts";
import type { LossTerms } from "../model/losses.ts";
import { mapParams } from "../model/parameters.ts";
import { Tape, type TapeOptions } from "../ops/tape.ts";

/** Factor of every loss term in the total, on the device, [1] each; a term without one carries no gradient. */
export interface LossSeeds<T> {
  /** Factor of the language-model loss. */
  readonly lm?: T;
  /** Factor of the router's auxiliary loss. */
  readonly routerAux?: T;
  /** Factor of the router's z-loss. */
  readonly routerZ?: T;
  /** Factor of token-choice's balance. */
  readonly routerBalance?: T;
  /** Factor of the load balance, shared by the uses of experts that have rows. */
  readonly molBalance?: T;
  /** Factor of the KL divergence from a teacher. */
  readonly klDivergence?: T;
  /** Factor of the cosine distance from a teacher. */
  readonly cosine?: T;
}

/** Factor of every loss term in the total. */
export type LossFactors = { readonly [Term in keyof LossSeeds<unknown>]?: number };

/** Copies the factors of a total to a device; factors of 0 are left out. */
export function lossSeeds<T extends Tensor>(device: Device<T>, factors: LossFactors): LossSeeds<T> {
  const entries = Object.entries(factors).filter(([, factor]) => factor);
  return allocate(device, (from) => {
    const seeds = entries.map(([term, factor]) => [term, from({ shape: [1], data: Float64Array.of(factor!) })]);
    return Object.fromEntries(seeds);
  });
}

/** Runs a forward pass on a tape and returns its loss terms with the gradient of every parameter that has one. */
export function backpropagate<T extends Tensor>(
  backend: Backend<T>,
  { schema, params }: { schema: unknown; params: unknown },
  forward: (tape: Backend<T>) => LossTerms<T>,
  seeds: LossSeeds<T>,
  options: TapeOptions = {},
): { terms: LossTerms<T>; gradients: (T | undefined)[] } {
  const weights: T[] = [];
  mapParams<T, void>(schema, (_leaf, tensor) => void weights.push(tensor), params);
  const tape = new Tape(backend, weights, options);
  const terms = forward(tape);
  const balances = terms.molBalance;
  const perUse = balances.length > 0 && seeds.molBalance
    ? factorPerUse(backend, balances, seeds.molBalance)
    : undefined;
  const seeded = (scalars: readonly T[] = [], seed?: T) => seed ? scalars.map((result) => ({ result, seed })) : [];
  const gradients = tape.gradients([
    ...seeded(terms.lm, seeds.lm),
    ...seeded(terms.routerAux, seeds.routerAux),
    ...seeded(terms.routerZ, seeds.routerZ),
    ...seeded(terms.routerBalance, seeds.routerBalance),
    ...seeded(terms.klDivergence, seeds.klDivergence),
    ...seeded(terms.cosine, seeds.cosine),
    ...seeded(balances.map(({ loss }) => loss), perUse),
  ]);
  return { terms, gradients: weights.map((weight) => gradients.get(weight)) };
}

/** A factor divided by the number of uses of experts that have rows: the term is the mean over them. */
function factorPerUse<T extends Tensor>(backend: Backend<T>, balances: LossTerms<T>["molBalance"], factor: T): T {
  const applications = balances.map(({ applications }) => applications);
  return ratio(backend, factor, applications.reduce((sum, one) => add(backend, sum, one)));
}
