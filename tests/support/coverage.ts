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
import type { AnyCase } from "./compare.ts";
import { plan } from "./planned.ts";
import { variantsOf } from "./variants.ts";

/** Cases of one seed, and seeds at most: more are drawn only until every variant is reached. */
const CASES = 50, SEEDS = 12;

/** Adapters on which kernels have all their variants. */
const variants = variantsOf({ ...PORTABLE, features: new Set(["subgroups"]), subgroupMinSize: 8 });

/** What tells variants of a kernel apart: the label of a dispatch, and whether it binds tensors as vectors. */
function variantName(label: string, wgsl: string): string {
  return /var<storage, \w+> \w+: array<vec4/.test(wgsl) ? `${label}, vectors` : label;
}

const every = new Map<string, Set<string>>();
for (const { name, wgsl } of examples()) {
  const [, label, op] = name.match(/^(.*) \((\w+), .*\)$/)!;
  every.set(op, (every.get(op) ?? new Set()).add(variantName(label, wgsl)));
}

/** The variants of an operation's kernel that random cases reach, and the variants that none reaches. */
export function coverage(op: AnyOp, cases: fc.Arbitrary<AnyCase>) {
  const reached = new Set<string>(), missing = new Set(every.get(op.name));
  for (let seed = 1; seed <= SEEDS && (seed === 1 || missing.size > 0); seed++) {
    for (const test of fc.sample(cases, { seed, numRuns: CASES })) {
      for (const { adapter } of variants) {
        const { steps } = plan({ op, ...test, adapter });
        for (const dispatch of steps.flatMap((step) => step.op === op ? step.dispatches : [])) {
          const name = variantName(dispatch.label, writeModule(dispatch, bindingsOf(steps[0]), "tint"));
          reached.add(name);
          missing.delete(name);
        }
      }
    }
  }
  return { reached, missing: [...missing] };
}
