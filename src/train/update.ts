/**
 * From gradients to new weights: clipping, AdamW, averages, in place.
 *
 * @module
 */
import { allocate, type Device, type HostTensor, hostTensor, hostZeros } from "../op/device.ts";
import { mapParams, type Parameter } from "../model/parameters.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { adamW, average, sumSquares } from "../ops/optimizer.ts";

/** How weights move. */
export interface OptimizerConfig {
  /** β₁. */
  readonly beta1: number;
  /** β₂. */
  readonly beta2: number;
  /** ε. */
  readonly eps: number;
  /** Decoupled weight decay; norms and biases have none. */
  readonly decay: number;
  /** Global norm that gradients are scaled down to; 0: never. */
  readonly clip: number;
  /** Decay of a moving average of the weights; 0: none is kept. */
  readonly average: number;
}

/** Weights and what the optimizer keeps of them, leaf by leaf in the schema's order. */
export interface Slot<T> {
  /** The parameter. */
  readonly leaf: Parameter;
  /** Its value. */
  readonly p: T;
  /** First moment. */
  readonly m: T;
  /** Second moment. */
  readonly v: T;
  /** Moving average, where one is kept. */
  readonly average?: T;
}

/** Host values of the optimizer's tensors, records of the schema's form. */
export interface OptimizerState<P> {
  /** First moments. */
  readonly m: P;
  /** Second moments. */
  readonly v: P;
  /** Moving averages, where they are kept. */
  readonly average?: P;
}

/** Copies weights and, where a run goes on, the optimizer's state to a device, all or nothing. */
export function slotsOf<T extends Tensor>(
  device: Device<T>,
  schema: unknown,
  weights: unknown,
  { average }: OptimizerConfig,
  state?: OptimizerState<unknown>,
): Slot<T>[] {
  const listed = (record: unknown): HostTensor[] => {
    const values: HostTensor[] = [];
    mapParams<HostTensor, void>(schema, (_leaf, value) => void values.push(value), record);
    return values;
  };
  const [m, v, averages] = [state?.m, state?.v, state?.average].map((record) => record ? listed(record) : undefined);
  const copy = (from: (host: HostTensor) => T, slots: Slot<T>[], leaf: Parameter, host: HostTensor) => {
    const i = slots.length;
    const zeros = () => hostZeros(leaf.shape);
    slots.push({
      leaf,
      p: from(host),
      m: from(m?.[i] ?? zeros()),
      v: from(v?.[i] ?? zeros()),
      average: average ? from(averages?.[i] ?? host) : undefined,
    });
  };
  return allocate(device, (from) => {
    const slots: Slot<T>[] = [];
    mapParams<HostTensor, void>(schema, (leaf, host) => copy(from, slots, leaf, host), weights);
    return slots;
  });
}

/** Frees what {@link slotsOf} made. */
export function freeSlots<T extends Tensor>(device: Device<T>, slots: readonly Slot<T>[]): void {
  for (const { p, m, v, average } of slots) {
    for (const tensor of [p, m, v, average]) if (tensor) device.free(tensor);
  }
}

/** What AdamW is told of a step: learning rate and corrections of the moments, [3] each. */
export interface UpdateRates<T> {
  /** Of the model. */
  readonly rates: T;
  /** Of auxiliary routers. */
  readonly auxiliaryRates: T;
}

/**
 * Records the update of every slot that has a gradient; returns Σ g² of those of the model itself, [1].
 *
 * Where that is not finite nothing moves, averages included.
 * Auxiliary routers have an optimizer, and a norm, of their own.
 */
export function recordUpdate<T extends Tensor>(
  backend: Backend<T>,
  slots: readonly Slot<T>[],
  gradients: readonly (T | undefined)[],
  { rates, auxiliaryRates }: UpdateRates<T>,
  config: OptimizerConfig,
): T {
  const squaresOf = (auxiliary: boolean) =>
    slots.reduce<T | undefined>((sum, { leaf }, i) => {
      const g = gradients[i];
      return g && Boolean(leaf.auxiliary) === auxiliary ? sumSquares(backend, g, sum) : sum;
    }, undefined);
  const squares = squaresOf(false)!;
  const auxiliarySquares = squaresOf(true) ?? squares; // without a loss of their own they stay
  const { beta1, beta2, eps, clip } = config;
  slots.forEach(({ leaf, p, m, v, average: kept }, i) => {
    const decay = leaf.shape.length > 1 ? config.decay : 0;
    const g = gradients[i];
    const how = leaf.auxiliary ? { squares: auxiliarySquares, rates: auxiliaryRates } : { squares, rates };
    if (g) adamW(backend, { p, m, v, g, ...how }, { beta1, beta2, eps, decay, clip });
    if (kept) average(backend, { average: kept, p, squares: how.squares }, config.average);
  });
  return squares;
}

/** Auxiliary routers learn this much faster (arXiv 2507.10524, §4; recursion.md §3). */
export const AUXILIARY_RATE = 10;

/** What {@link recordUpdate} needs to know of a step, counted from 1: learning rate and corrections of the moments. */
export function ratesOf({ beta1, beta2 }: OptimizerConfig, rate: number, update: number): HostTensor {
  return hostTensor([3], [rate, 1 - beta1 ** update, 1 - beta2 ** update]);
}
