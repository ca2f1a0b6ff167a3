/**
 * Which of many random cases are run: compiling pipelines takes most of a property's time on a software adapter.
 *
 * @module
 */
import type { Dialect } from "../../kernels/host/adapter.ts";
import { bindingsOf, writeModule } from "../../kernels/host/module.ts";
import type { Planned } from "./planned.ts";

/** Pipelines of one module, which differ in constants alone, and pipelines in all, that are compiled in any case. */
const OF_A_MODULE = 2, IN_ALL = 12;

/** The pipelines of a call: modules, and the constants of each. */
function pipelinesOf({ steps }: Planned, dialect: Dialect): (readonly [module: string, pipeline: string])[] {
  return steps.flatMap((step) =>
    step.dispatches.map((dispatch) => {
      const module = `${dispatch.label} ${writeModule(dispatch, bindingsOf(step), dialect)}`;
      return [module, `${module} ${JSON.stringify({ ...dispatch.constants, ...dispatch.floats })}`] as const;
    })
  );
}

/**
 * The cases to run, with their numbers among the drawn ones. A case is left out where each pipeline that it would compile
 * differs from {@link OF_A_MODULE} compiled ones in constants alone; all cases of compiled pipelines are run.
 */
export function thinned<C>(drawn: readonly C[], dialect: Dialect, planned: (one: C) => Planned): [number, C][] {
  const compiled = new Map<string, Set<string>>();
  let all = 0;
  return [...drawn.entries()].filter(([, one]) => {
    const fresh = pipelinesOf(planned(one), dialect).filter(([module, key]) => !compiled.get(module)?.has(key));
    const few = all < IN_ALL || fresh.some(([module]) => (compiled.get(module)?.size ?? 0) < OF_A_MODULE);
    if (fresh.length > 0 && !few) return false;
    for (const [module, key] of new Map(fresh.map((pipeline) => [pipeline[1], pipeline])).values()) {
      compiled.set(module, (compiled.get(module) ?? new Set()).add(key));
      all++;
    }
    return true;
  });
}
