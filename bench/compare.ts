/**
 * `deno task bench:compare OLD NEW`: which kernels are slower in NEW than in OLD, two reports of
 * `deno task bench -- --json FILE` on the same adapter. Exits with 1 where one is.
 *
 * Compared are the samples of one call: its processor time where the adapter is the processor, else its time on the GPU. A
 * kernel is slower where every sample of NEW is above every sample of OLD (with seven samples each, chance does this once
 * in 3,432 cases) and the medians differ by more than a twentieth.
 */
import { median } from "./support/median.ts";
import { readReport, type Report, type Row } from "./support/report.ts";

/** Ratio of medians up to which a difference is not reported. */
const LEAST_RATIO = 1.05;

/** A kernel in both reports. */
interface Change {
  readonly name: string;
  /** Time of NEW as a multiple of that of OLD. */
  readonly ratio: number;
  readonly verdict: "slower" | "faster" | "same";
}

/** Compares two rows of one name. */
export function change(old: Row, now: Row): Change {
  const [before, after] = old.work && now.work ? [old.work, now.work] : [old.ms, now.ms];
  const ratio = median(after) / median(before);
  const above = (a: readonly number[], b: readonly number[]) => Math.min(...a) > Math.max(...b);
  const verdict = ratio > LEAST_RATIO && above(after, before)
    ? "slower"
    : ratio < 1 / LEAST_RATIO && above(before, after)
    ? "faster"
    : "same";
  return { name: now.name, ratio, verdict };
}

function load(file: string): Report {
  const report = readReport(file);
  if (!report?.rows) throw new RangeError(`Cannot compare: ${file} is not a report of deno task bench -- --json`);
  return report;
}

/** Prints what changed; the number of kernels that are slower. */
function compare(old: Report, now: Report): number {
  if (old.adapter !== now.adapter) {
    throw new RangeError(`Cannot compare: OLD was measured on ${old.adapter}, NEW on ${now.adapter}`);
  }
  const named = new Map(old.rows.map((row) => [row.name, row]));
  const changes = now.rows.flatMap((row) => named.has(row.name) ? [change(named.get(row.name)!, row)] : []);
  const names = new Set(now.rows.map(({ name }) => name));
  for (const { name } of old.rows) if (!names.has(name)) console.log(`only in OLD  ${name}`);
  for (const { name } of now.rows) if (!named.has(name)) console.log(`only in NEW  ${name}`);
  const of = (verdict: Change["verdict"]) => changes.filter((change) => change.verdict === verdict);
  for (const { name, ratio, verdict } of [...of("faster"), ...of("slower")].toSorted((a, b) => a.ratio - b.ratio)) {
    console.log(`${verdict}  ${ratio.toFixed(2)} × the time  ${name}`);
  }
  console.log(`${of("slower").length} slower, ${of("faster").length} faster, ${of("same").length} the same`);
  return of("slower").length;
}

if (import.meta.main) {
  try {
    if (Deno.args.length !== 2 || Deno.args.some((arg) => arg.startsWith("-"))) {
      throw new RangeError(`Cannot compare ${Deno.args.join(" ") || "nothing"}: expected two files, OLD NEW`);
    }
    Deno.exit(compare(load(Deno.args[0]), load(Deno.args[1])) > 0 ? 1 : 0);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
