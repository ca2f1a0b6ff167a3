/** Every kernel, whatever its operation: random cases reach each of its variants, and each equals the reference. */
import { assert, assertEquals } from "@std/assert";
import type fc from "fast-check";
import type { AnyOp } from "../src/op/op.ts";
import { type OpName, vocabulary } from "../src/ops/vocabulary.ts";
import { cases } from "./cases/all.ts";
import { coverage } from "./support/coverage.ts";
import { type AnyCase, checkVariants } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

for (const [name, op] of Object.entries<AnyOp>(vocabulary)) {
  let found: ReturnType<typeof coverage> | undefined;
  const covered = () => found ??= coverage(op, cases[name as OpName] as fc.Arbitrary<unknown> as fc.Arbitrary<AnyCase>);
  Deno.test(`${name}: random cases reach every variant of the kernel`, () => {
    const { reached, missing } = covered();
    assertEquals(missing, []);
    assert(reached.size > 0);
  });
  gpuTest(`${name}: every variant of the kernel equals the reference`, async (device) => {
    await checkVariants(device, op, covered().reached);
  });
}
