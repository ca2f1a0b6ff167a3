/**
 * From gradients to new weights: gradient clipping, AdamW, moving averages, in place.
 *
 * @module
 */
import { allocate, type Device, type HostTensor, hostTensor, hostZeros } from "../op/device.ts";
import { mapParams, type Parameter } from "../model/parameters.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { adamW, ema, sumSquares } from "../ops/optimizer.ts";

/** Settings of AdamW. */
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
  /** Decay β of an exponential moving average of the weights; 0: none is kept. */
  readonly ema: number;
}

/** A parameter with its optimizer state. */
export interface ParameterState<T> {
  /** The parameter. */
  readonly leaf: Parameter;
  /** Its value. */
  readonly p: T;
  /** First moment. */
  readonly m: T;
  /** Second moment. */
  readonly v: T;
  /** Exponential moving average of the values, if kept. */
  readonly ema?: T;
}

/** Host values of the optimizer state, records of the schema's form. */
export interface OptimizerState<P> {
  /** First moments. */
  readonly m: P;
  /** Second moments. */
  readonly v: P;
  /** Exponential moving averages, if kept. */
  readonly ema?: P;
}

/** Copies weights and, in a resumed run, the optimizer state to a device, all or none. */
export function parameterStates<T extends Tensor>(
  device: Device<T>,
  schema: unknown,
  weights: unknown,
  { ema }: OptimizerConfig,
  state?: OptimizerState<unknown>,
): ParameterState<T>[] {
  const listed = (record: unknown): HostTensor[] => {
    const values: HostTensor[] = [];
    mapParams<HostTensor, void>(schema, (_leaf, value) => void values.push(value), record);
    return values;
  };
  const [m, v, emas] = [state?.m, state?.v, state?.ema].map((record) => record ? listed(record) : undefined);
  const copy = (from: (host: HostTensor) => T, states: ParameterState<T>[], leaf: Parameter, host: HostTensor) => {
    const i = states.length;
    const zeros = () => hostZeros(leaf.shape);
    states.push({
      leaf,
      p: from(host),
      m: from(m?.[i] ?? zeros()),
      v: from(v?.[i] ?? zeros()),
      ema: ema ? from(emas?.[i] ?? host) : undefined,
    });
  };
  return allocate(device, (from) => {
    const states: ParameterState<T>[] = [];
    mapParams<HostTensor, void>(schema, (leaf, host) => copy(from, states, leaf, host), weights);
    return states;
  });
}

/** Frees the tensors of parameter states. */
export function freeStates<T extends Tensor>(device: Device<T>, states: readonly ParameterState<T>[]): void {
  for (const { p, m, v, ema } of states) {
    for (const tensor of [p, m, v, ema]) if (tensor) device.free(tensor);
  }
}

/** Learning rate and bias corrections of both moments of a step, [3] each. */
export interface UpdateRates<T> {
  /** Of the model. */
  readonly rates: T;
  /** Of auxiliary routers. */
  readonly auxiliaryRates: T;
}

/**
 * Records the update of every parameter that has a gradient; returns Σ g² over them, auxiliary routers left out, [1].
 *
 * Where Σ g² is not finite, weights, moments and averages stay. Auxiliary routers have a norm and a learning rate of their
 * own.
 */
export function recordUpdate<T extends Tensor>(
  backend: Backend<T>,
  states: readonly ParameterState<T>[],
  gradients: readonly (T | undefined)[],
  { rates, auxiliaryRates }: UpdateRates<T>,
  config: OptimizerConfig,
): T {
  const squaresOf = (auxiliary: boolean) =>
    states.reduce<T | undefined>((sum, { leaf }, i) => {
      const g = gradients[i];
      return g && Boolean(leaf.auxiliary) === auxiliary ? sumSquares(backend, g, sum) : sum;
    }, undefined);
  const squares = squaresOf(false)!;
  const auxiliarySquares = squaresOf(true) ?? squares; // without a loss of their own they are not updated
  const { beta1, beta2, eps, clip } = config;
  states.forEach(({ leaf, p, m, v, ema: average }, i) => {
    const decay = leaf.shape.length > 1 ? config.decay : 0;
    const g = gradients[i];
    const how = leaf.auxiliary ? { squares: auxiliarySquares, rates: auxiliaryRates } : { squares, rates };
    if (g) adamW(backend, { p, m, v, g, ...how }, { beta1, beta2, eps, decay, clip });
    if (average) ema(backend, { average, p, squares: how.squares }, { decay: config.ema });
  });
  return squares;
}

/** Learning rate of auxiliary routers relative to the model (docs/mor.md, "Causal threshold"). */
export const AUXILIARY_RATE = 10;

/** Learning rate and bias corrections 1 − βᵗ of both moments for update t, counted from 1: [3]. */
export function ratesOf({ beta1, beta2 }: OptimizerConfig, rate: number, update: number): HostTensor {
  return hostTensor([3], [rate, 1 - beta1 ** update, 1 - beta2 ** update]);
}
