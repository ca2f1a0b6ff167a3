// Routing statistics against a slow count over rows that are written down one by one.
import fc from "fast-check";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import { uniforms } from "../../src/common/random.ts";
import type { Routing } from "../../src/model/results.ts";
import type { TrainingBatch } from "../../src/train/data/batches.ts";
import { summary } from "../../src/train/statistics.ts";
import { RoutingCounter, routingStatistics } from "../../src/train/routing_counter.ts";

/** A row and all that routing did to it. */
interface Row {
  b: number;
  t: number;
  depth: number;
  scores: number[]; // of the recursions that scored it
  experts: number[][]; // of each use that routed it, by recursion
}

interface World {
  rows: Row[];
  B: number;
  N: number;
  kind: "topk" | "threshold" | "token";
}

const T = 7, E = 4;
const worlds = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 30 }),
  B: fc.integer({ min: 1, max: 3 }),
  N: fc.integer({ min: 2, max: 4 }),
  kind: fc.constantFrom("topk" as const, "threshold" as const, "token" as const),
});

/** Routes B sequences of up to T rows at random: top-k keeps half of the candidates after recursion 1, which keeps all. */
function route({ seed, B, N, kind }: { seed: number; B: number; N: number; kind: World["kind"] }): World {
  const uniform = uniforms(seed);
  const rows: Row[] = [];
  for (let b = 0; b < B; b++) {
    const length = uniform() < 0.2 ? 0 : Math.ceil(T * uniform());
    const some = Array.from({ length }, (_, t): Row => {
      const scores = Array.from({ length: N }, () => 2 * uniform() - 1);
      return { b, t, depth: 1, scores, experts: [] };
    });
    for (let r = 1; r < N; r++) {
      const candidates = some.filter(({ depth }) => depth === r);
      const best = candidates.toSorted((a, b) => b.scores[r] - a.scores[r]).slice(0, Math.ceil(candidates.length / 2));
      for (const row of candidates) row.depth += Number(kind === "topk" ? best.includes(row) : row.scores[r] >= 0);
    }
    for (const row of some) {
      row.scores.length = Math.min(N, row.depth + 1);
      row.experts = Array.from({ length: row.depth }, () => [Math.floor(E * uniform()), Math.floor(E * uniform())]);
    }
    rows.push(...some);
  }
  return { rows, B, N, kind };
}

/** The tensors that a step returns: rows ascending, then values that must not be read. */
function tensors({ rows, B, N, kind }: World): Routing<HostTensor> {
  const M = rows.length;
  const list = (numbers: number[]) => hostIndices([...numbers, ...Array(M - numbers.length).fill(-7)]);
  const each = Array.from({ length: N }, (_, r) => {
    const active = rows.flatMap(({ depth }, m) => depth > r ? [m] : []);
    const kept = Array.from({ length: B + 1 }, (_, b) => active.filter((m) => rows[m].b < b).length);
    const some = { rows: r > 0 || kind === "topk" ? list(active) : undefined, offsets: hostIndices(kept) };
    const scores = rows.filter(({ depth }) => depth >= r).map(({ scores }) => scores[r]);
    const scored = kind === "token" ? undefined : hostTensor([scores.length, 1], Float64Array.from(scores));
    const experts = hostIndices(active.flatMap((m) => rows[m].experts[r]), [active.length, 2]);
    const weights = hostTensor([active.length, 2], new Float32Array(2 * active.length));
    return { recursion: { ...some, scores: scored }, use: { ...some, layer: 1, application: r, experts, weights } };
  });
  return { recursions: each.map(({ recursion }) => recursion), experts: each.map(({ use }) => use) };
}

/** Offsets and positions of the rows; behind them some that are not live. */
function batch({ rows, B }: World): TrainingBatch {
  const offsets = hostIndices(Array.from({ length: B + 1 }, (_, b) => rows.filter((row) => row.b < b).length));
  const positions = hostIndices([...rows.map(({ t }) => t), 5, -1]);
  const labels = hostIndices(Array(rows.length + 2).fill(-100));
  return { rows: { ids: labels, positions, offsets }, labels };
}

const configOf = ({ N, kind }: World) =>
  ({ recursion: { N, routing: kind === "token" ? "token" : "expert" }, mol: { E } }) as const;
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

Deno.test("statistics: every number is a count over live rows", () => {
  fc.assert(fc.property(worlds, (sample) => {
    const world = route(sample);
    const { rows, N, kind } = world;
    if (rows.length === 0) return;
    const found = routingStatistics([tensors(world)], configOf(world), [batch(world)]);
    assertEquals(found.rows, rows.length);
    found.depth!.shares.forEach((share, d) =>
      assertAlmostEquals(share, rows.filter(({ depth }) => depth === d).length / rows.length, 1e-12)
    );
    assertAlmostEquals(found.depth!.mean, mean(rows.map(({ depth }) => depth)), 1e-12);
    const positions = [...new Set(rows.map(({ t }) => t))];
    const dead = positions.filter((t) => rows.every((row) => row.t !== t || row.depth < N));
    assertAlmostEquals(found.depth!.dead, dead.length / positions.length, 1e-12);
    const slots = rows.flatMap(({ experts }) => experts.flat());
    const loads = Array.from({ length: E }, (_, e) => slots.filter((slot) => slot === e).length);
    assertEquals(found.experts!.map(({ layer }) => layer), [1]);
    loads.forEach((load, e) => assertAlmostEquals(found.experts![0].shares[e], load / slots.length, 1e-12));
    assertAlmostEquals(found.experts![0].maxViolation, Math.max(...loads) / mean(loads) - 1, 1e-12);
    assertEquals(found.depth!.maxViolation !== undefined, kind === "token");
    assertEquals(found.recursions !== undefined, kind !== "token");
    // recursion 1 keeps all, and so do later ones with one candidate in a sequence: no decision there
    const alone = (row: Row, r: number) => rows.filter(({ b, depth }) => b === row.b && depth >= r).length === 1;
    const scored = Array.from({ length: N - 1 }, (_, i) => i + 1).flatMap((r) =>
      rows.filter((row) => kind === "topk" && row.depth >= r && !alone(row, r))
        .map((row) => row.scores[r] >= 0 === row.depth > r)
    );
    if (scored.length === 0) assertEquals(found.agreement, undefined);
    else assertAlmostEquals(found.agreement!, mean(scored.map(Number)), 1e-12);
  }));
});

Deno.test("statistics: adding up batches is counting them at once", () => {
  fc.assert(fc.property(worlds, (sample) => {
    const [a, b] = [route(sample), route({ ...sample, seed: sample.seed + 1 })];
    const both = { ...a, B: a.B + b.B, rows: [...a.rows, ...b.rows.map((row) => ({ ...row, b: row.b + a.B }))] };
    const [counter, whole] = [new RoutingCounter(configOf(a)), new RoutingCounter(configOf(a))];
    for (const world of [b, a]) counter.add(tensors(world), batch(world));
    whole.add(tensors(both), batch(both));
    const flat = (value: unknown) => JSON.stringify(value).match(/-?\d[\d.e-]*/g)!.map(Number);
    const [one, two] = [flat(counter.statistics()), flat(whole.statistics())];
    assertEquals(one.length, two.length);
    one.forEach((value, i) => assert(Math.abs(value - two[i]) < 1e-9));
  }));
});

Deno.test("summary: one phrase, empty without routing", () => {
  assertEquals(summary({ rows: 9 }), "");
  const depth = { shares: [0, 0.5, 0.25, 0.25], mean: 1.75, dead: 0.0125 };
  const experts = [{ layer: 1, shares: [0.75, 0.25], maxViolation: 0.5 }];
  const text = summary({ rows: 8, depth, agreement: 0.964, experts });
  assertEquals(text, "depth 50/25/25 %, dead 1.3 %, threshold 96.4 %, experts MaxVio 0.50");
});
