/**
 * The float32 error of a whole model, measured: Monte-Carlo arithmetic over the reference.
 *
 * Bounds of operations cannot be chained to one of a model: every operation would multiply the largest error of all
 * before it, and the product says nothing after a few layers. Instead the model runs in double precision, and every
 * number that an operation computes is moved by a uniform random amount. Its amplitude is the bound of that operation, with
 * λ standard deviations for the probable errors of sums (`deviating`): errors of many operations add up by their variances.
 * The largest deviation from the run without noise bounds the float32 error.
 * Source: Parker, "Monte Carlo Arithmetic: exploiting randomness in floating-point arithmetic", UCLA CSD-970002 (1997);
 * the noise here spans the bound of the operation (`accuracy.ts`), not only the rounding of its result.
 *
 * The result is a sample, not a proof: the largest deviation of a few seeded runs over a whole tensor. Its margin is the
 * amplitude of the noise, which is several standard deviations of the error of each operation (`sums.ts`). Eight runs,
 * because a loss is a single number: all of them stray less than an eighth of their range once in ten million times.
 *
 * Selections are discontinuous: a run that selects other rows computes other numbers. So noisy runs take the selections
 * of the run without noise, and a selection whose margin is below the noise of its scores is reported as undecided.
 *
 * The bounds of operations are computed in the first noisy run, and the others take them: noise moves a bound, a sum over
 * absolute values of the inputs, by about 1e-6 of itself, and computing it takes most of a run.
 *
 * @module
 */
import type { HostTensor, HostTensors } from "../../src/op/device.ts";
import type { Inputs, Op, Outputs } from "../../src/op/op.ts";
import { uniforms } from "../../src/common/random.ts";
import { UNIT } from "./bound.ts";
import { ReferenceDevice } from "../device.ts";
import { type Decision, decisionOf, follow, isSelection } from "./margin.ts";
import type { OpName } from "../../src/ops/vocabulary.ts";
import type { RefTensor } from "../reference.ts";
import { accuracy } from "./accuracy.ts";
import type { AnyBound } from "./define.ts";
import { deviating } from "./sums.ts";

type Named<T> = Record<string, T>;

/** Bounds of an operation's outputs, in float32: they are as many as all results of a model. */
interface Bounds {
  readonly op: string;
  readonly byOutput: Readonly<Named<Float32Array>>;
}

/**
 * The reference in double precision, with noise of the size of float32's errors; without a seed it is exact.
 *
 * ```ts
 * import { NoiseDevice } from "@refrain/transformers/reference";
 * import { hostTensor, linear } from "@refrain/transformers/ops";
 * const device = new NoiseDevice(1);
 * const x = device.from(hostTensor([1, 2], [3, 4]));
 * const { y } = await device.read({ y: linear(device, x, x) }); // 25, give or take 1e-5
 * ```
 */
export class NoiseDevice extends ReferenceDevice {
  /** Every selection so far, in order. */
  readonly decisions: Decision[] = [];
  readonly #noise?: () => number;
  /** Bounds by number of the operation, of the first run with noise that this device leads. */
  readonly #bounds: Bounds[] = [];
  #calls = 0;

  /** Makes a device; the same seed gives the same noise. With `leader`, selections are those of this earlier run. */
  constructor(seed?: number, readonly leader?: NoiseDevice) {
    super("f64");
    const uniform = seed === undefined ? undefined : uniforms(seed);
    this.#noise = uniform && (() => 2 * uniform() - 1);
  }

  /** Runs one operation, then moves each element of its outputs within the operation's bound. */
  override run<I extends string, O extends string, P>(
    op: Op<I, O, P>,
    inputs: Inputs<I, RefTensor>,
    params: P,
  ): Outputs<O, RefTensor> {
    if (op.compose) return super.run(op, inputs, params); // noise is added by the operations it is composed of
    const before: Named<RefTensor> = { ...inputs as Named<RefTensor> };
    for (const { name } of op.outputs.filter(({ overwrites }) => overwrites)) {
      before[name] = { ...before[name], data: before[name].data.slice() };
    }
    const outputs = super.run(op, inputs, params);
    const leading = isSelection(op.name) ? this.leader?.decisions[this.decisions.length] : undefined;
    if (leading) follow(leading, outputs, params);
    if (this.#noise) this.#disturb(outputs, this.#boundsOf(op.name, before, outputs, params));
    if (isSelection(op.name)) this.decisions.push(decisionOf(op.name, before, outputs, params));
    return outputs;
  }

  /** The bounds of the next operation: the leader's, or computed ones. */
  #boundsOf(op: string, inputs: Named<RefTensor>, outputs: Named<RefTensor>, params: unknown): Bounds["byOutput"] {
    const { leader } = this, known = leader ? leader.#bounds : [], number = this.#calls++;
    if (!known[number]) {
      const bound: AnyBound = accuracy[op as OpName];
      const found = Object.entries(deviating(() => bound(inputs, outputs, params)));
      known[number] = {
        op,
        byOutput: Object.fromEntries(found.map(([name, of = []]) => [name, Float32Array.from(of)])),
      };
    }
    const { op: other, byOutput } = known[number];
    const same = Object.entries(byOutput).every(([name, { length }]) =>
      !length || outputs[name].data.length === length
    );
    if (other === op && same) return byOutput;
    throw new Error(
      `Cannot measure noise: operation ${number} is ${op}, in an earlier run ${other} or of other shapes`,
    );
  }

  #disturb(outputs: Named<RefTensor>, bounds: Readonly<Named<Float32Array | Float64Array>>): void {
    for (const [name, bound] of Object.entries(bounds)) {
      const { data } = outputs[name];
      for (let i = 0; i < bound.length; i++) if (bound[i] > 0) data[i] += bound[i] * this.#noise!();
    }
  }

  /** Copies host data in; other devices round doubles to float32, an error of half a unit in the last place. */
  override from(host: HostTensor): RefTensor {
    const tensor = super.from(host);
    if (this.#noise && host.data instanceof Float64Array) {
      const rounding = host.data.map((value) => UNIT * Math.abs(value));
      this.#disturb({ tensor }, { tensor: rounding });
    }
    return tensor;
  }
}

/** Exact results, and how far float32 may take each of them. */
export interface Measured {
  /** Results in double precision. */
  readonly exact: HostTensors;
  /** By name: the largest deviation of any element; 0 for integers. */
  readonly bounds: Readonly<Record<string, number>>;
  /** Selections that noise of this size could change, in words: results may then be others, and still right. */
  readonly undecided: readonly string[];
}

/** Largest |a − b|, infinite where only one is a number: elements that neither run has a number for are unspecified. */
function deviation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i] - b[i]);
    if (distance > largest) largest = distance;
    else if (Number.isNaN(distance) && Number.isNaN(a[i]) !== Number.isNaN(b[i])) largest = Infinity;
  }
  return largest;
}

/** Selections whose margin two scores could cross, each moved as far as in any noisy run. */
function undecidedOf(exact: readonly Decision[], noisy: readonly (readonly Decision[])[]): string[] {
  return exact.flatMap(({ op, scores, margin }, index) => {
    const moved = Math.max(...noisy.map((decisions) => deviation(scores, decisions[index].scores)));
    if (margin > 2 * moved) return [];
    const by = `is decided by ${margin.toExponential(1)}, float32 may move its scores by ${moved.toExponential(1)}`;
    return [`${op} (selection ${index + 1} of ${exact.length}) ${by}`];
  });
}

/**
 * Runs a computation without noise and `runs` times with it.
 *
 * ```ts
 * import { measureNoise } from "@refrain/transformers/reference";
 * import { hostTensor, linear } from "@refrain/transformers/ops";
 * const { bounds } = await measureNoise((device) => {
 *   const x = device.from(hostTensor([1, 2], [3, 4]));
 *   return device.read({ y: linear(device, x, x) });
 * });
 * console.log(bounds.y); // about 1e-6
 * ```
 */
export async function measureNoise(
  compute: (device: NoiseDevice) => Promise<HostTensors>,
  runs = 8,
): Promise<Measured> {
  const device = new NoiseDevice();
  const exact = await compute(device);
  const bounds: Named<number> = Object.fromEntries(Object.keys(exact).map((name) => [name, 0]));
  const decisions: Decision[][] = [];
  for (let seed = 1; seed <= runs; seed++) {
    const noisy = new NoiseDevice(seed, device);
    const results = await compute(noisy);
    decisions.push(noisy.decisions);
    for (const [name, { data }] of Object.entries(exact)) {
      if (data instanceof Int32Array) continue;
      bounds[name] = Math.max(bounds[name], deviation(data, results[name].data));
    }
  }
  return { exact, bounds, undecided: undecidedOf(device.decisions, decisions) };
}
