/**
 * The JSON report of a run of the kernels' benches.
 *
 * @module
 */
import { median } from "./median.ts";
import type { Peaks } from "./peak.ts";

/** One operation at one size. */
export interface Row {
  /** Operation, name of the size, and the size. */
  readonly name: string;
  /** Labels of the dispatches that ran. */
  readonly kernel: string;
  /** Milliseconds of a call on the GPU, a number a sample. */
  readonly ms: readonly number[];
  /** Milliseconds of processor time of a call, a number a sample: on CPU adapters only. */
  readonly work?: readonly number[];
  /** Floating-point operations of a call, and bytes that it reads and writes at least. */
  readonly flops: number;
  readonly bytes: number;
  /** Fraction of the adapter's peak: of multiply-adds or of copies, whichever is higher. */
  readonly share: number;
  /** Milliseconds of a call of the reference. */
  readonly reference: number;
}

/** All rows of a run. */
export interface Report {
  /** The process that wrote the rows: another process starts the file anew. */
  readonly process: number;
  readonly date: string;
  readonly adapter: string;
  readonly peaks: Peaks;
  readonly rows: readonly Row[];
}

/** A row as text: the time of a call on the GPU, its rate by the higher share of the peak, and the reference's time. */
export function lineOf({ ms, flops, bytes, share, reference }: Row, { gflops, gbytes }: Peaks): string {
  const time = median(ms), rate = (amount: number) => (amount / time / 1e6).toFixed(2);
  const speed = flops / gflops > bytes / gbytes ? `${rate(flops)} GFLOP/s` : `${rate(bytes)} GB/s`;
  return `${time.toFixed(4)} ms a call, ${speed} = ${(100 * share).toFixed(0)} % of peak, reference ${
    reference.toPrecision(3)
  } ms`;
}

/** The file that `-- --json FILE` names. Throws a TypeError for any other argument. */
export function reportFile(args: readonly string[]): string | undefined {
  const words = args.flatMap((arg) => arg.startsWith("--json=") ? ["--json", arg.slice("--json=".length)] : [arg]);
  const unknown = words.find((word, i) => i > 1 || (i === 0 && word !== "--json"));
  if (unknown !== undefined) {
    throw new TypeError(`Cannot run the benches: unknown argument ${unknown}, expected --json FILE`);
  }
  if (words.length === 1 || words[1] === "") throw new TypeError("Cannot run the benches: --json names no file");
  return words[1];
}

/** Adds a row to a report; the files of one `deno bench` run write one after the other. */
export function addRow(file: string, row: Row, about: Pick<Report, "adapter" | "peaks">): void {
  const earlier = readReport(file), own = earlier?.process === Deno.pid;
  const rows = own ? earlier.rows.filter(({ name }) => name !== row.name) : [];
  const report: Report = { process: Deno.pid, date: new Date().toISOString(), ...about, rows: [...rows, row] };
  Deno.writeTextFileSync(file, JSON.stringify(report, null, 1) + "\n");
}

/** Reads a report; undefined where there is no such file. */
export function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
