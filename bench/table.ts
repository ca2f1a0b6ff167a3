/**
 * `deno run -A bench/table.ts FILE`: the table of a report of `deno task bench -- --json FILE`, for `bench/RESULTS.md`.
 */
import { median } from "./support/median.ts";
import { lineOf, readReport } from "./support/report.ts";

const report = readReport(Deno.args[0] ?? "");
if (!report) {
  console.error(`Cannot print a table: there is no report ${Deno.args[0] ?? ""}`);
  Deno.exit(1);
}
console.log("| kernel | ms a call | processor ms | rate | of peak | reference, ms |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const row of report.rows) {
  const [, rate, share] = /a call, (.*) = (\d+ %)/.exec(lineOf(row, report.peaks))!;
  const cells = [row.name, median(row.ms).toPrecision(3), row.work ? median(row.work).toPrecision(3) : "–"];
  console.log(`| ${[...cells, rate, share, row.reference.toPrecision(3)].join(" | ")} |`);
}
