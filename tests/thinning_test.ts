/** Cases of a property that are left out: their pipelines differ from compiled ones in constants alone. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AnyOp } from "../src/op/op.ts";
import { type OpName, vocabulary } from "../src/ops/vocabulary.ts";
import { PORTABLE } from "../kernels/host/adapter.ts";
import { bindingsOf, writeModule } from "../kernels/host/module.ts";
import { cases } from "./cases/all.ts";
import type { AnyCase } from "./support/compare.ts";
import { plan, type Planned } from "./support/planned.ts";
import { thinned } from "./support/thinning.ts";

/** Modules of calls, and their pipelines: modules with constants. */
function modulesOf(calls: readonly Planned[]): { modules: Set<string>; pipelines: Set<string> } {
  const modules = new Set<string>(), pipelines = new Set<string>();
  for (const step of calls.flatMap(({ steps }) => steps)) {
    for (const dispatch of step.dispatches) {
      const module = writeModule(dispatch, bindingsOf(step), PORTABLE.dialect);
      modules.add(module);
      pipelines.add(module + JSON.stringify([dispatch.constants, dispatch.floats]));
    }
  }
  return { modules, pipelines };
}

/** Drawn cases of an operation as calls on an adapter without features. */
function drawn(name: OpName, numRuns = 90): Planned[] {
  const op: AnyOp = vocabulary[name], all = cases[name] as fc.Arbitrary<unknown> as fc.Arbitrary<AnyCase>;
  return fc.sample(all, { seed: 3, numRuns }).map((test) => plan({ op, ...test, adapter: PORTABLE }));
}

/** The calls that are run. */
const keep = (calls: Planned[]) => thinned(calls, PORTABLE.dialect, (call) => call).map(([, call]) => call);

Deno.test("thinning: cases that run have every module of the cases drawn", () => {
  for (const name of ["embed", "rope", "activation", "normGrad", "poolGrad", "loraUp"] as const) {
    const calls = drawn(name, 40), kept = keep(calls);
    assertEquals(modulesOf(kept).modules, modulesOf(calls).modules, name);
  }
});

Deno.test("thinning: at most a third of the pipelines of adamW is compiled, and all cases of compiled ones run", () => {
  const calls = drawn("adamW"), kept = keep(calls);
  assert(modulesOf(kept).pipelines.size <= modulesOf(calls).pipelines.size / 3);
  const compiled = modulesOf(kept).pipelines;
  const covered = calls.filter((call) => [...modulesOf([call]).pipelines].every((one) => compiled.has(one)));
  assertEquals(covered.length, kept.length);
  for (const [number, call] of thinned(calls, PORTABLE.dialect, (call) => call)) assert(calls[number] === call);
  const sums = drawn("add"), one = modulesOf(sums).pipelines.size;
  assert(one < 12 && keep(sums).length === sums.length);
});
