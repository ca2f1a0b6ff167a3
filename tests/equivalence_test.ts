/** The property of kernels and references finds kernels that are wrong, says all that decides the case, and repeats it. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { sizeOf } from "../src/op/op.ts";
import { addOp } from "../src/ops/add.ts";
import type { AnyKernel } from "../kernels/host/kernel.ts";
import * as sums from "./cases/add.ts";
import { checkCases, type Checked } from "./support/equivalence.ts";
import { gpu, gpuTest } from "./support/gpu.ts";

type Sum = Parameters<AnyKernel>[0];

/** A sum whose WGSL statement, of invocation `at` of n, is given. */
const sum = (statement: string, groups = 64) => ({ outputs: { y }, params: { scale } }: Sum) => [{
  label: `add.${groups}`,
  sizes: { n: sizeOf(y.shape) },
  floats: { SCALE: scale },
  lanes: groups,
  workgroups: [Math.ceil((sizeOf(y.shape) + 1) / groups), 1, 1] as const,
  wgsl: `fn run(group: u32, lane: u32) {
    let at = group * ${groups} + lane;
    ${statement}
  }`,
}];

const right = sum("if (at < sizes.n) { y[at] = a[at] + SCALE * b[at]; }");
const past = sum("if (at <= sizes.n) { y[at] = a[at] + SCALE * b[at]; }");
const short = sum("if (at + 1 < sizes.n) { y[at] = a[at] + SCALE * b[at]; }");
const reads = sum("if (at < sizes.n) { y[at] = a[at] + SCALE * b[at] + select(0.0, a[sizes.n], at == 0); }");

/** Right on all adapters but one kind. */
const onGpus: AnyKernel = (call) =>
  (call.adapter.family === "gpu" ? sum("if (at < sizes.n) { y[at] = a[at] - SCALE * b[at]; }", 32) : right)(call);

async function failure(kernel: AnyKernel, more: Partial<Checked> = {}): Promise<string> {
  const error = await assertRejects(async () =>
    await checkCases(await gpu(), addOp, sums.add, { numRuns: 40, seed: 7, kernel, ...more })
  );
  return (error as Error).message;
}

gpuTest(
  "equivalence: a right kernel passes; one that writes, leaves out or reads one element too many does not",
  async (device) => {
    await checkCases(device, addOp, sums.add, { numRuns: 40, seed: 7, kernel: right });
    assertStringIncludes(await failure(past), "add writes outside y [");
    assertMatch(await failure(short), /y\[\d+\] of \[[\d,]*\] is NaN/);
    assertMatch(await failure(reads), /y\[\d+\] of \[[\d,]*\] is NaN/);
  },
);

gpuTest(
  "equivalence: a failure names operation, variant, label, shapes, parameters, seed and path, and is as small as can be",
  async () => {
    const message = await failure(onGpus);
    assertMatch(message, /^add: y\[0\] of \[(1(,1)*)?\] is .* > bound/);
    assertMatch(message, /\n {2}variant gpu( subgroups)?: add\.32\n/);
    assertMatch(message, /\n {2}a \[(1(,1)*)?\], b \[[1,]*\]; \{"scale":-?[\d.]+\}\n/);
    assertMatch(
      message,
      /\n {2}again: FC_SEED=7 FC_PATH=[\d:]+ deno run .* tests\/equivalence_test.ts --filter "add"$/,
    );
  },
);

gpuTest("equivalence: seed and path of a failure give the same failure at once", async () => {
  const first = await failure(onGpus);
  const [, seed, path] = first.match(/FC_SEED=(-?\d+) FC_PATH=(\S+)/)!;
  let calls = 0;
  const counted: AnyKernel = (call) => (calls++, onGpus(call));
  assertEquals(await failure(counted, { seed: Number(seed), path, numRuns: 1 }), first);
  assertEquals(calls, 2);
  await checkCases(await gpu(), addOp, sums.add, { numRuns: 1, seed: Number(seed), path, kernel: right });
});
