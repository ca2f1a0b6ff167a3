/** Every kernel, whatever its operation: the random cases of its tests reach each of its variants. */
import { assert, assertEquals } from "@std/assert";
import type fc from "fast-check";
import type { AnyOp } from "../src/op/op.ts";
import { type OpName, vocabulary } from "../src/ops/vocabulary.ts";
import { cases } from "./cases/all.ts";
import type { AnyCase } from "./support/compare.ts";
import { coverage } from "./support/coverage.ts";

for (const [name, op] of Object.entries<AnyOp>(vocabulary)) {
  Deno.test(`${name}: random cases reach every variant of the kernel`, () => {
    const { reached, missing } = coverage(op, cases[name as OpName] as fc.Arbitrary<unknown> as fc.Arbitrary<AnyCase>);
    assertEquals(missing, []);
    assert(reached.size > 0);
  });
}

Deno.test("coverage reports a variant that no case reaches", () => {
  const few = cases.norm.filter(({ inputs: { x } }) => x.shape[1] % 4 > 0);
  const { missing } = coverage(vocabulary.norm, few as fc.Arbitrary<unknown> as fc.Arbitrary<AnyCase>);
  assertEquals(missing.sort(), ["norm.layer, vectors", "norm.rms, vectors"]);
});
