/**
 * Which variants of a kernel there are, and which of them random cases reach.
 *
 * @module
 */
import fc from "fast-check";
import type { AnyOp } from "../../src/op/op.ts";
import { PORTABLE } from "../../kernels/host/adapter.ts";
import { bindingsOf, writeModule } from "../../kernels/host/module.ts";
import { examples } from "../../cli/lint_wgsl/examples.ts";
import type { AnyCase, VariantCase } from "./equivalence.ts";
import { plan } from "./planned.ts";
import { variantsOf } from "./variants.ts";

/** Cases of one seed, and seeds at most: more are drawn only until every variant is reached. */
const CASES = 50, SEEDS = 12;

/** An adapter on which kernels have all their variants. */
const adapter = { ...PORTABLE, features: new Set(["subgroups"]), subgroupMinSize: 8 };

/** What tells variants of a kernel apart: the label of a dispatch, and whether it binds tensors as vectors. */
function variantName(label: string, wgsl: string): string {
  return /var<storage, \w+> \w+: array<vec4/.test(wgsl) ? `${label}, vectors` : label;
}

const every = new Map<string, Set<string>>();
for (const { name, wgsl } of examples()) {
  const [, label, op] = name.match(/^(.*) \((\w+), .*\)$/)!;
  every.set(op, (every.get(op) ?? new Set()).add(variantName(label, wgsl)));
}

/** The first of an operation's random cases that reaches each variant of its kernel, and the variants that none reaches. */
export function coverage(op: AnyOp, cases: fc.Arbitrary<AnyCase>) {
  const reached = new Map<string, VariantCase<string, unknown>>(), missing = new Set(every.get(op.name));
  for (let seed = 1; seed <= SEEDS && (seed === 1 || missing.size > 0); seed++) {
    for (const test of fc.sample(cases, { seed, numRuns: CASES })) {
      for (const variant of variantsOf(adapter)) {
        const { steps } = plan({ op, ...test, adapter: variant.adapter });
        for (const dispatch of steps.flatMap((step) => step.op === op ? step.dispatches : [])) {
          const name = variantName(dispatch.label, writeModule(dispatch, bindingsOf(steps[0]), "tint"));
          if (!reached.has(name)) reached.set(name, { variant, test });
          missing.delete(name);
        }
      }
    }
  }
  return { reached, missing: [...missing] };
}
