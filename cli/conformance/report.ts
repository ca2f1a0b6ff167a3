/**
 * Findings as a table or as JSON.
 *
 * @module
 */
import type { Finding } from "./compare.ts";

/** Findings of one folder, or the reason why it could not be checked. */
export interface Report {
  /** The folder. */
  readonly folder: string;
  /** Findings. */
  readonly findings: readonly Finding[];
  /** Reason without findings. */
  readonly error?: string;
}

/** Counts of findings. */
export interface Counts {
  /** Comparisons made, quantities times devices. */
  readonly checked: number;
  /** Comparisons that missed. */
  readonly missed: number;
  /** Quantities and folders that could not be checked. */
  readonly unchecked: number;
}

/** Adds up the counts of reports. */
export function countsOf(reports: readonly Report[]): Counts {
  const findings = reports.flatMap((report) => report.findings);
  const count = (...outcomes: Finding["outcome"][]) =>
    findings.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    checked: count("ok", "miss"),
    missed: count("miss"),
    unchecked: count("unknown") + reports.filter(({ error }) => error).length,
  };
}

/** Whether every quantity was compared and agrees. */
export function passes({ checked, missed, unchecked }: Counts): boolean {
  return checked > 0 && missed === 0 && unchecked === 0;
}

/** The last line of a report. */
export function summaryLine({ checked, missed, unchecked }: Counts): string {
  const line = `${checked} checked, ${missed} missed`;
  return unchecked > 0 ? `${line}, ${unchecked} could not be checked` : line;
}

const exponent = (value: number) => value === 0 ? "0" : value.toExponential(1);

/** Rows of a folder's table: quantity, device, worst error / bound, their ratio, remarks. */
function rowsOf(findings: readonly Finding[]): string[][] {
  return findings.map(({ quantity, device, outcome, worst, note }) => {
    const numbers = worst ? [`${exponent(worst.error)} / ${exponent(worst.bound)}`, ratio(worst)] : ["", ""];
    const remark = outcome === "miss"
      ? `MISS ${note ?? ""}`
      : outcome === "unknown"
      ? `NOT CHECKED ${note}`
      : note ?? "";
    return [quantity, device ?? "", ...numbers, remark];
  });
}

function ratio({ error, bound }: { error: number; bound: number }): string {
  return error === 0 ? "0" : (error / bound).toPrecision(2);
}

/** A folder's table. */
export function table({ folder, findings, error }: Report): string {
  if (error) return `${folder}\n  Cannot check: ${error}`;
  const rows = [["quantity", "device", "worst error / bound", "ratio", ""], ...rowsOf(findings)];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  widths[4] = 0; // remarks may be long
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd();
  return [folder, ...rows.map((row) => `  ${line(row)}`)].join("\n");
}

/** The reports as JSON. */
export function jsonOf(reports: readonly Report[]): string {
  return JSON.stringify({ folders: reports, ...countsOf(reports) }, null, 2);
}
