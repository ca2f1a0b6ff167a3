/**
 * From gradients to new weights: clipping, AdamW, averages, in place.
 *
 * @module
 */
import { type Device, type HostTensor, hostTensor } from "../device.ts";
import { mapParams, type Parameter } from "../model/parameters.ts";
import { type Backend, sizeOf, type Tensor } from "../op.ts";
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

/** Copies weights and, where a run goes on, the optimizer's state to a device. */
export function slotsOf<T extends Tensor>(
  device: Device<T>,
  schema: unknown,
  weights: unknown,
  { average }: OptimizerConfig,
  state?: OptimizerState<unknown>,
): Slot<T>[] {
  const slots: Slot<T>[] = [];
  const listed = (record: unknown): HostTensor[] => {
    const values: HostTensor[] = [];
    mapParams<HostTensor, void>(schema, (_leaf, value) => void values.push(value), record);
    return values;
  };
  const [m, v, averages] = [state?.m, state?.v, state?.average].map((record) => record ? listed(record) : undefined);
  mapParams<HostTensor, void>(schema, (leaf, host) => {
    const i = slots.length;
    const zeros = () => hostTensor(leaf.shape, new Float32Array(sizeOf(leaf.shape)));
    slots.push({
      leaf,
      p: device.from(host),
      m: device.from(m?.[i] ?? zeros()),
      v: device.from(v?.[i] ?? zeros()),
      average: average ? device.from(averages?.[i] ?? host) : undefined,
    });
  }, weights);
  return slots;
}

/** Records the update of every slot that has a gradient; returns Σ g² of all of them, [1]. rates [3] as AdamW wants them. */
export function recordUpdate<T extends Tensor>(
  backend: Backend<T>,
  slots: readonly Slot<T>[],
  gradients: readonly (T | undefined)[],
  rates: T,
  config: OptimizerConfig,
): T {
  const squares = gradients.reduce<T | undefined>((sum, g) => g ? sumSquares(backend, g, sum) : sum, undefined)!;
  const { beta1, beta2, eps, clip } = config;
  slots.forEach(({ leaf, p, m, v, average: kept }, i) => {
    const decay = leaf.shape.length > 1 ? config.decay : 0;
    const g = gradients[i];
    if (g) adamW(backend, { p, m, v, g, squares, rates }, { beta1, beta2, eps, decay, clip });
    if (kept) average(backend, { average: kept, p }, config.average);
  });
  return squares;
}

/** What {@link recordUpdate} needs to know of a step, counted from 1: learning rate and corrections of the moments. */
export function ratesOf({ beta1, beta2 }: OptimizerConfig, rate: number, update: number): HostTensor {
  return hostTensor([3], [rate, 1 - beta1 ** update, 1 - beta2 ** update]);
}
