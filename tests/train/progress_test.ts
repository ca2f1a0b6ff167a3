// Lines of progress: terms are explained where they occur first, and routers that choose nothing are reported.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { TrainingProgress } from "../../cli/train/progress.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { onlyDepth, type RoutingStatistics, routingTerms } from "../../src/train/statistics.ts";
import { smallTraining } from "../support/training_run.ts";

const routing = (...shares: number[]): RoutingStatistics => ({ rows: 8, depth: { shares, mean: 1, dead: 0 } });

/** The lines of evaluations of a run. */
function said(json: Json, evaluations: Readonly<Record<string, RoutingStatistics>>[]): string[] {
  const lines: string[] = [], { error } = console;
  console.error = (line: string) => void lines.push(line);
  try {
    const progress = new TrainingProgress(readTrainingConfig(json), 0);
    for (const [step, found] of evaluations.entries()) {
      const results = Object.entries(found).map(([name, routing]) => [name, { nats: 1, tokens: 8, routing }]);
      progress.onEvaluation({ kind: "evaluation", step, heldOut: Object.fromEntries(results) });
    }
    return progress.warning ? [...lines, progress.warning] : lines;
  } finally {
    console.error = error;
  }
}

Deno.test("progress: every term is explained once", () => {
  const even = { ...routing(0, 0.5, 0.5), agreement: 0.9 };
  const lines = said(smallTraining, [{ topk: even }, { topk: even }]);
  for (const term of ["depth", "threshold"]) {
    assertEquals(lines.filter((line) => line === `${term}: ${routingTerms[term].about}`).length, 1);
  }
  assertEquals(lines.filter((line) => line.startsWith("dead: ")), []);
});

Deno.test("progress: one depth for all rows under the threshold is a warning, at the end too; under top-k it is none", () => {
  const [even, all] = [routing(0, 0.5, 0.5), routing(0, 0.004, 0.996)];
  const warned = said(smallTraining, [{ topk: even, threshold: all }]).filter((line) => line.startsWith("WARNING"));
  assertEquals(warned.length, 2);
  assertStringIncludes(warned[0], "99.6 % of the rows to depth 2 of 2 under threshold");
  assertStringIncludes(warned[0], "losses.router_aux, now 0.1");
  assertEquals(said(smallTraining, [{ topk: all, threshold: even }]).filter((line) => line.startsWith("WARNING")), []);
  const token = { ...smallTraining.model as Json, recursion: { num_recursions: 2, routing: "token" } };
  const [line] = said({ ...smallTraining, model: token }, [{ plain: all }]).filter((line) => line.startsWith("WARN"));
  assertStringIncludes(line, "losses.router_balance, now 0");
});

Deno.test("onlyDepth: the depth of 99 % of the rows, where there are several depths", () => {
  assertEquals([[0, 0.99, 0.01], [0, 0.98, 0.02], [0, 1], [1, 0, 0, 0]].map((s) => onlyDepth(routing(...s))), [
    ...[1, undefined, undefined, 0],
  ]);
});
