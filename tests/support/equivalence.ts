/**
 * The property that holds reference and kernels together: |kernel − exact| ≤ bound, element by element.
 *
 * @module
 */
import fc, { replayCommand, replayed } from "fast-check";
import type { HostTensor } from "../../src/op/device.ts";
import type { Op } from "../../src/op/op.ts";
import type { Adapter } from "../../kernels/host/adapter.ts";
import type { AnyKernel } from "../../kernels/host/kernel.ts";
import type { WebGpuDevice } from "../../kernels/mod.ts";
import { type Case, compare } from "./compare.ts";
import { gpuTest } from "./gpu.ts";
import { type Ran, runGuarded } from "./guarded.ts";
import { type Call, labelsOf, plan } from "./planned.ts";
import { thinned } from "./thinning.ts";
import { ratioLine, recordRatio } from "./ratios.ts";
import { type Variant, variantsOf } from "./variants.ts";

export { type AnyCase, type Case, liveElements } from "./compare.ts";

/** A case and the variant of the kernel that runs it. */
export interface VariantCase<I extends string, P> {
  /** Adapter limits and features that the kernel receives. */
  readonly variant: Variant;
  /** The call. */
  readonly test: Case<I, P>;
}

/** What decides the cases of a property. */
export interface Checked {
  /** Number of cases drawn; {@link thinned} says which are run. */
  readonly numRuns: number;
  /** Seed of the cases; FC_SEED, or any, unless given. */
  readonly seed?: number;
  /** Path to one case, as a failure prints it. */
  readonly path?: string;
  /** A kernel in place of the operation's own. */
  readonly kernel?: AnyKernel;
  /** Name of the test, for the line that replays it. */
  readonly name?: string;
}

/** Cases of one submit. */
const TOGETHER = 30;

/** Milliseconds after which a counterexample is not made smaller. */
const SHRINKING = 60_000;

function callOf<I extends string, O extends string, P>(
  op: Op<I, O, P>,
  { inputs, params }: Case<I, P>,
  adapter: Adapter,
  kernel?: AnyKernel,
): Call {
  return { op, inputs: inputs as Call["inputs"], params, adapter, kernel };
}

/** The worst error / bound of a call that ran; throws where a bound is exceeded or a guard word overwritten. */
function checkedRatio<I extends string, O extends string, P>(op: Op<I, O, P>, test: Case<I, P>, ran: Ran): number {
  if (ran.overruns.length > 0) throw new Error(`${op.name} writes outside ${ran.overruns.join("; ")}`);
  const ratio = compare(op, test, ran.outputs);
  recordRatio(op.name, test.inputs, ratio);
  return ratio;
}

/** The largest |kernel − exact| / bound of a case on a device; throws where it exceeds one. */
export async function worstRatio<I extends string, O extends string, P>(
  { device, adapter }: WebGpuDevice,
  op: Op<I, O, P>,
  test: Case<I, P>,
): Promise<number> {
  const [ran] = await runGuarded(device, [callOf(op, test, adapter)]);
  return checkedRatio(op, test, ran);
}

/** Shapes of a case's tensors and its parameters, on one line. */
function describe({ inputs, params }: Case<string, unknown>): string {
  const shapes = Object.entries(inputs as Record<string, HostTensor | undefined>).flatMap(([name, host]) =>
    host ? [`${name} [${host.shape}]`] : []
  );
  return `${shapes.join(", ")}; ${JSON.stringify(params)}`;
}

/** Number of the first numbered case that fails, and the worst error / bound of the others; many share one submit. */
async function firstFailure<C>(
  cases: readonly (readonly [number, C])[],
  run: (some: readonly C[]) => Promise<readonly (() => number)[]>,
): Promise<{ failed?: number; worst: number }> {
  let worst = 0;
  for (let from = 0; from < cases.length; from += TOGETHER) {
    const ratios = await run(cases.slice(from, from + TOGETHER).map(([, one]) => one));
    for (const [i, ratio] of ratios.entries()) {
      try {
        worst = Math.max(worst, ratio());
      } catch {
        return { failed: cases[from + i][0], worst };
      }
    }
  }
  return { worst };
}

/** Checks random cases on random variants; returns the worst error / bound, or throws how the smallest failure is repeated. */
export async function checkCases<I extends string, O extends string, P>(
  { device, adapter }: WebGpuDevice,
  op: Op<I, O, P>,
  cases: fc.Arbitrary<Case<I, P>>,
  { numRuns, kernel, name = op.name, ...given }: Checked,
): Promise<number> {
  const { seed = Math.trunc(2 ** 32 * Math.random()) | 0, path } = { ...replayed, ...given };
  const arbitrary = fc.record({ variant: fc.constantFrom(...variantsOf(adapter)), test: cases });
  const call = ({ variant, test }: VariantCase<I, P>) => callOf(op, test, variant.adapter, kernel);
  const run = async (some: readonly VariantCase<I, P>[]) => {
    const ran = await runGuarded(device, some.map(call));
    return ran.map((one, i) => () => checkedRatio(op, some[i].test, one));
  };
  const sampled = path ? [] : fc.sample(arbitrary, { seed, numRuns });
  const kept = thinned(sampled, adapter.dialect, (one) => plan(call(one)));
  const { failed, worst } = await firstFailure(kept, run);
  if (failed === undefined && !path) return worst;
  const alone = fc.asyncProperty(arbitrary, async (one) => void (await run([one]))[0]());
  const limits = { interruptAfterTimeLimit: SHRINKING, endOnFailure: path !== undefined, reporter: () => {} };
  const details = await fc.check(alone, { seed, path: path ?? `${failed}`, ...limits });
  if (!details.failed) {
    if (path) return worst;
    throw new Error(`${op.name}: case ${failed} of seed ${seed} fails among others, and passes alone`);
  }
  const [{ variant, test }] = details.counterexample!;
  const lines = [
    (details.errorInstance as Error).message,
    `variant ${variant.name}: ${labelsOf(call({ variant, test })).join(", ")}`,
    describe(test),
    `again: ${replayCommand(seed, details.counterexamplePath, name)}`,
  ];
  throw new Error(lines.join("\n  "), { cause: details.errorInstance });
}

/** Registers the equivalence property of an operation and prints its worst error / bound. */
export function equivalence<I extends string, O extends string, P>(
  op: Op<I, O, P>,
  cases: fc.Arbitrary<Case<I, P>>,
  numRuns = 90,
): void {
  const name = `${op.name}: kernel equals reference within the computed bound`;
  gpuTest(name, async (device) => {
    await checkCases(device, op, cases, { numRuns, name });
    console.log(ratioLine(op.name));
  });
}
