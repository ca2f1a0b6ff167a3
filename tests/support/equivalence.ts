/**
 * The property that holds reference and kernels together: |kernel − exact| ≤ bound, element by element.
 *
 * @module
 */
import fc from "fast-check";
import type { HostTensor } from "../../src/op/device.ts";
import type { Inputs, Op } from "../../src/op/op.ts";
import type { OpName } from "../../src/ops/vocabulary.ts";
import type { WebGpuDevice } from "../../kernels/mod.ts";
import { type AnyBound, ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { accuracy } from "../../reference/accuracy/accuracy.ts";
import { everyVariant, gpuTest } from "./gpu.ts";

/** One call of an operation, on the host. */
export interface Case<I extends string, P> {
  /** Inputs by name. */
  inputs: Inputs<I, HostTensor>;
  /** Parameters. */
  params: P;
  /** Elements of each output (or by output) that are defined, e.g. live rows × columns; all unless given. */
  live?: number | Readonly<Record<string, number>>;
}

/** Elements before the end of the live rows: rows beyond are unspecified. */
export function liveElements(rows: number, columns: number, offsets: HostTensor | undefined): number {
  return columns * (offsets ? Math.min(rows, offsets.data[offsets.data.length - 1]) : rows);
}

type Named<T> = Record<string, T>;

/** Runs a case on a device, inside a validation scope. */
async function onGpu<I extends string, O extends string, P>(device: WebGpuDevice, op: Op<I, O, P>, test: Case<I, P>) {
  device.device.pushErrorScope("validation");
  const inputs = Object.fromEntries(
    Object.entries<HostTensor | undefined>(test.inputs).map(([name, host]) => [name, host && device.from(host)]),
  );
  const results = await device.read(device.run(op, inputs as never, test.params));
  for (const tensor of Object.values(inputs)) if (tensor) device.free(tensor);
  const error = await device.device.popErrorScope();
  if (error) throw new Error(`${op.name}: ${error.message}`);
  return results as Named<HostTensor>;
}

/** The largest |kernel − exact| / bound of a case; throws where it exceeds one, or where an integer differs. */
export async function worstRatio<I extends string, O extends string, P>(
  device: WebGpuDevice,
  op: Op<I, O, P>,
  test: Case<I, P>,
): Promise<number> {
  const exact = new ReferenceDevice("f64");
  const inputs = Object.fromEntries(
    Object.entries<HostTensor | undefined>(test.inputs).map(([name, host]) => [name, host && exact.from(host)]),
  ) as Named<RefTensor>;
  const actual = await onGpu(device, op, test); // before the reference, which may overwrite inputs in place
  const before = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, tensor && { ...tensor, data: tensor.data.slice() }]),
  );
  const expected = exact.run(op, inputs as never, test.params) as Named<RefTensor>;
  const bound: AnyBound = accuracy[op.name as OpName];
  const bounds = bound(before, expected, test.params) as Named<Float64Array>;
  let worst = 0;
  for (const [name, { data, dtype, shape }] of Object.entries(expected)) {
    const live = (typeof test.live === "object" ? test.live[name] : test.live) ?? data.length;
    for (let i = 0; i < Math.min(data.length, live); i++) {
      const error = Math.abs(actual[name].data[i] - data[i]);
      const bound = dtype === "i32" ? 0 : bounds[name][i];
      if (!(error <= bound)) {
        throw new Error(
          `${op.name}: ${name}[${i}] of [${shape}] is ${actual[name].data[i]}, exact ${
            data[i]
          }, error ${error} > bound ${bound}`,
        );
      }
      if (error > 0) worst = Math.max(worst, error / bound);
    }
  }
  return worst;
}

/** Registers the equivalence property of an operation and prints its worst error / bound. */
export function equivalence<I extends string, O extends string, P>(
  op: Op<I, O, P>,
  cases: fc.Arbitrary<Case<I, P>>,
  numRuns = 90,
): void {
  gpuTest(`${op.name}: kernel equals reference within the computed bound`, async (device) => {
    const variants = everyVariant(device);
    let worst = 0;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(cases, async (test) => {
        worst = Math.max(worst, await worstRatio(variants[run++ % variants.length], op, test));
      }),
      { numRuns },
    );
    console.log(`${op.name}: worst error / bound ${worst.toFixed(3)} over ${numRuns} cases`);
  });
}
