/** What the kernels' benches make of their numbers: verdicts of the comparison, and the arguments of a report. */
import { assertEquals, assertThrows } from "@std/assert";
import { change } from "../bench/compare.ts";
import { addRow, lineOf, readReport, reportFile, type Row } from "../bench/support/report.ts";

const row = (ms: readonly number[], more: Partial<Row> = {}): Row => ({
  ...{ name: "linear small M1", kernel: "linear.tile", ms, flops: 2e6, bytes: 1e5, share: 0.5, reference: 3 },
  ...more,
});

Deno.test("a kernel is slower only where no sample overlaps and the medians differ by a twentieth", () => {
  const verdict = (old: Row, now: Row) => change(old, now).verdict;
  const old = row([1, 1.1, 1.2]);
  assertEquals(verdict(old, row([1.3, 1.4, 1.5])), "slower");
  assertEquals(verdict(row([1.3, 1.4, 1.5]), old), "faster");
  assertEquals(verdict(old, row([1.19, 1.4, 1.5])), "same", "one sample overlaps");
  assertEquals(verdict(row([1, 1, 1.01]), row([1.02, 1.03, 1.04])), "same", "below a twentieth");
  assertEquals(change(old, row([2.2, 2.2, 2.2])).ratio, 2);
});

Deno.test("processor time decides where both rows have it", () => {
  const [old, now] = [row([1, 1, 1], { work: [2, 2, 2] }), row([9, 9, 9], { work: [2, 2, 2] })];
  assertEquals(change(old, now).verdict, "same");
  assertEquals(change(row([1, 1, 1]), now).verdict, "slower");
});

Deno.test("a line has the rate that is nearer to the peak", () => {
  const peaks = { gflops: 4, gbytes: 10 };
  assertEquals(lineOf(row([1]), peaks), "1.0000 ms a call, 2.00 GFLOP/s = 50 % of peak, reference 3.00 ms");
  assertEquals(
    lineOf(row([1], { bytes: 8e6, share: 0.8 }), peaks),
    "1.0000 ms a call, 8.00 GB/s = 80 % of peak, reference 3.00 ms",
  );
});

Deno.test("a report keeps the rows of one process and refuses unknown arguments", () => {
  assertEquals(reportFile([]), undefined);
  assertEquals(reportFile(["--json", "a.json"]), "a.json");
  for (const args of [["--jsn", "a"], ["linear"], ["--json"]]) {
    assertThrows(() => reportFile(args), TypeError, "Cannot run the benches");
  }
  const file = Deno.makeTempFileSync();
  const about = { adapter: "a card", peaks: { gflops: 4, gbytes: 10 } };
  Deno.writeTextFileSync(file, JSON.stringify({ process: -1, rows: [row([7])] }));
  for (const ms of [1, 2]) addRow(file, row([ms]), about);
  addRow(file, row([3], { name: "norm small M1" }), about);
  assertEquals(readReport(file)?.rows.map(({ name, ms }) => [name, ...ms]), [["linear small M1", 2], [
    "norm small M1",
    3,
  ]]);
  Deno.removeSync(file);
});
