// Laws of schedules, over random ones.
import fc from "fast-check";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { checkSchedule, learningRate, type Schedule, warmedCapacity } from "../../src/train/schedule.ts";

const kinds = ["constant", "linear", "cosine", "trapezoid"] as const;

/** Schedules whose warm-up and decay fit into their steps. */
const schedules: fc.Arbitrary<Schedule> = fc.record({
  kind: fc.constantFrom(...kinds),
  peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
  steps: fc.integer({ min: 1, max: 500 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  decay: fc.option(fc.double({ min: 0.01, max: 1, noNaN: true }), { nil: undefined }),
  final: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
}).map(({ share, ...rest }) => {
  const room = rest.kind === "constant"
    ? rest.steps
    : rest.kind === "trapezoid"
    ? rest.steps - rest.steps * (rest.decay ?? 0.2)
    : rest.steps - 1;
  return { ...rest, warmup: Math.floor(share * room) };
});

const law = (body: (schedule: Schedule) => void) => fc.assert(fc.property(schedules, body), { numRuns: 300 });

Deno.test("learning rate: never above the peak, never below zero, also past the end", () =>
  law((schedule) => {
    for (let step = 0; step <= schedule.steps + 5; step++) {
      const rate = learningRate(schedule, step);
      assert(rate >= 0 && rate <= schedule.peak * (1 + 2 ** -50), `${rate} at ${step}`);
    }
  }));

Deno.test("learning rate: continuous, its slope bounded by that of warm-up and decay", () =>
  law((schedule) => {
    const { kind, peak, steps, warmup, decay = 0.2 } = schedule;
    const decaySteps = kind === "trapezoid" ? steps * decay : steps - warmup;
    const steepest = Math.max(warmup ? 1 / warmup : 0, kind === "constant" ? 0 : Math.PI / 2 / decaySteps);
    for (let step = warmup ? 0 : 1 / 4; step < steps + 1; step += 1 / 4) {
      const change = Math.abs(learningRate(schedule, step + 1 / 4) - learningRate(schedule, step));
      assert(change <= peak * (steepest / 4 + 1e-12), `jumps by ${change} at ${step}`);
    }
  }));

Deno.test("learning rate: the warm-up is linear, the end is the final value and stays", () =>
  law((schedule) => {
    const { kind, peak, steps, warmup, final = 0 } = schedule;
    for (let step = 1; step < warmup; step++) {
      assertAlmostEquals(learningRate(schedule, step) * warmup, peak * step, 1e-9);
    }
    assertAlmostEquals(learningRate(schedule, warmup), peak, 1e-12);
    for (const step of [steps, 2 * steps]) {
      assertAlmostEquals(learningRate(schedule, step), kind === "constant" ? peak : peak * final, 1e-12);
    }
  }));

Deno.test("learning rate: after the warm-up it never rises", () =>
  law((schedule) => {
    for (let step = schedule.warmup; step < schedule.steps; step++) {
      assert(learningRate(schedule, step + 1) <= learningRate(schedule, step) * (1 + 2 ** -50));
    }
  }));

Deno.test("learning rate: worked values of every kind", () => {
  const at = (kind: Schedule["kind"], steps: number[], rest = {}) =>
    steps.map((step) => Number(learningRate({ kind, peak: 8, steps: 100, warmup: 20, ...rest }, step).toPrecision(12)));
  assertEquals(at("constant", [10, 20, 99]), [4, 8, 8]);
  assertEquals(at("linear", [10, 60, 80, 100]), [4, 4, 2, 0]);
  assertEquals(at("cosine", [60, 100], { final: 0.5 }), [6, 4]);
  assertEquals(at("trapezoid", [5, 50, 80, 85, 90, 100]), [2, 8, 8, 6, 4, 0]);
  assertEquals(at("trapezoid", [50, 75], { decay: 0.5 }), [8, 4]);
});

Deno.test("learning rate: refusals have the numbers", () => {
  const of = (rest: Partial<Schedule>) => () =>
    checkSchedule({ kind: "trapezoid", peak: 1e-3, steps: 100, warmup: 10, ...rest });
  of({})();
  assertThrows(
    of({ warmup: 90 }),
    RangeError,
    "a warm-up of 90 steps does not fit into 100, and the decay begins at step 80",
  );
  assertThrows(of({ kind: "linear", warmup: 100 }), RangeError, "the decay begins at step 100");
  assertThrows(of({ kind: "constant", warmup: 101 }), RangeError, "a warm-up of 101 steps does not fit into 100");
  assertThrows(of({ peak: NaN }), RangeError, "peak is NaN, expected a number from 1.18e-38 to 8.51e+37");
  assertThrows(of({ decay: 1.5 }), RangeError, "a share of 1.5");
  assertThrows(of({ final: -1 }), RangeError, "share of the peak is -1");
  assertThrows(of({ steps: 0 }), RangeError, "0 steps");
  assertThrows(of({ warmup: 2.5 }), RangeError, "warm-up of 2.5 steps");
});

Deno.test("capacity warm-up: from all tokens to c, never rising, halfway in the middle", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 400 }), (c, warm) => {
    assertEquals(warmedCapacity(c, 0, warm), c + (1 - c));
    assertAlmostEquals(warmedCapacity(c, warm / 2, warm), (1 + c) / 2, 1e-12);
    for (let step = 0; step < warm + 3; step++) {
      const [now, next] = [warmedCapacity(c, step, warm), warmedCapacity(c, step + 1, warm)];
      assert(next <= now && next >= c, `${now} → ${next} at ${step}`);
      assert(now - next <= Math.PI / 2 * (1 - c) / warm + 1e-12, `jumps at ${step}`);
    }
    assertEquals([warmedCapacity(c, warm, warm), warmedCapacity(c, 0, 0)], [c, c]);
  }));
});
