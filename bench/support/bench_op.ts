/**
 * The benches of one operation: kernel and reference at each size, in the same number of calls a sample.
 *
 * Waiting for the GPU costs Deno about 10 ms. A sample makes so many calls that waiting is less than a twentieth of it; the
 * line above a row has the time of one call on the GPU, its rate, and its share of the adapter's peak. The peak is that of
 * copies between buffers larger than any cache; calls on less data may exceed it.
 *
 *     deno task bench --filter "linear typical"          by operation and size; a regular expression between slashes
 *     deno task bench --filter typical -- --json FILE    writes all samples as JSON
 *     deno task bench:compare OLD NEW                    says which kernels of NEW are slower
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import type { Inputs, Op } from "../../src/op/op.ts";
import { openWebGpu } from "../../kernels/mod.ts";
import { Measurement } from "./measurement.ts";
import { peaks } from "./peak.ts";
import { addRow, lineOf, reportFile } from "./report.ts";

const adapter = await globalThis.navigator?.gpu?.requestAdapter();
const device = adapter ? await openWebGpu() : undefined;
const report = reportFile(Deno.args);

/** A size: axes by their letters, and words that choose a variant. */
export type Size = Readonly<Record<string, number | string | boolean>>;

/** A call to measure. */
export interface BenchCall<I extends string, P> {
  /** Inputs. */
  readonly inputs: Inputs<I, HostTensor>;
  /** Parameters. */
  readonly params: P;
  /** Floating-point operations of the call, where they may be what bounds it. */
  readonly flops?: number;
  /** Elements that the call reads and writes of a tensor, where these are not all. */
  readonly touched?: Readonly<Record<string, number>>;
}

let current: Measurement | undefined;

/**
 * Registers the benches of an operation: a group for each size, with a row for the kernel and one for the reference.
 *
 * On a hardware adapter only the first size has a row for the reference: the number of calls in a sample of the others
 * would take it minutes. The line of each size has the time of one call of both.
 */
export function benchOp<I extends string, O extends string, P, S extends Size>(
  op: Op<I, O, P>,
  sizes: Readonly<Record<string, S>>,
  callOf: (size: S) => BenchCall<NoInfer<I>, NoInfer<P>>,
): void {
  for (const [at, [title, size]] of Object.entries(sizes).entries()) {
    const group = [op.name, title, ...Object.entries(size).map(word)].filter(Boolean).join(" ");
    let measurement: Measurement | undefined;
    const measured = async () => {
      if (measurement) return measurement;
      current?.dispose();
      current = measurement = await Measurement.of(op, callOf(size), device);
      if (device) await note(group, measurement);
      return measurement;
    };
    const bench = (name: string, n: number, run: (measurement: Measurement) => unknown) =>
      Deno.bench({ name: `${group} ${name}`, group, baseline: name === "webgpu", n, warmup: 0 }, async (b) => {
        const ready = await measured();
        b.start();
        await run(ready);
        b.end();
      });
    if (device) bench("webgpu", 3, (measurement) => measurement.replay());
    if (at === 0 || device?.adapter.family !== "gpu") bench("reference", 1, (measurement) => measurement.refer());
  }
}

/** `M: 128` as M128, a word as itself, a flag as its name. */
function word([name, value]: [string, number | string | boolean]): string {
  return typeof value === "number" ? `${name}${value}` : typeof value === "boolean" ? (value ? name : "") : value;
}

/** Prints the line of a measurement, and adds it to the report. */
async function note(name: string, measurement: Measurement): Promise<void> {
  const best = await peaks(device!), row = { name, ...measurement.row(best) };
  console.log(`  ${lineOf(row, best)}; ${measurement.calls} calls a sample`);
  if (report) addRow(report, row, { adapter: adapter!.info.description || adapter!.info.vendor, peaks: best });
}
