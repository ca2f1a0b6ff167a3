/** The slot schedule without a transformer: no slot is lost or overtaken while requests arrive and are cancelled. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SLOT, STAGE } from "../../src/ops/slots.ts";
import { Host, type Run, runs } from "../support/queue_host.ts";

const { idle, block, left, prompt } = STAGE;

/** Runs steps until all slots are idle and no request waits, and checks the slot table after every step. */
function check(run: Run): void {
  const { S, W, exitBatch, N, stream } = run;
  const host = new Host(run), every = Array.from({ length: S }, (_, s) => s);
  const waiting = [...stream], cancelAt = new Array(S).fill(0), due = new Array(S).fill(0);
  const entered = new Array(S).fill(0); // step at which a slot entered its stage
  const rounds = Math.ceil(S / W), most = { [block]: N * rounds, [left]: rounds * (S * N + 1) };
  const occupied = () => every.filter((s) => host.at(s, SLOT.stage) !== idle);
  const stages = () => every.map((s) => host.at(s, SLOT.stage));
  const fair = (chosen: number[], stage: number, open: boolean) => {
    const there = every.filter((s) => host.at(s, SLOT.stage) === stage);
    assertEquals(chosen.length, open ? Math.min(W, there.length) : 0);
    assert(chosen.every((s, i) => there.includes(s) && !(chosen[i - 1] >= s)));
    const others = open ? there.filter((s) => !chosen.includes(s)) : [];
    for (const s of chosen) {
      assert(others.every((other) => entered[other] >= entered[s]), `${s} has overtaken one of ${others}`);
    }
  };
  for (let step = 0; waiting.length > 0 || occupied().length > 0; step++) {
    for (const s of occupied()) if (step >= cancelAt[s]) host.put(s, {});
    const entering = every.filter((s) => host.at(s, SLOT.stage) === idle).filter((s) => {
      const next = waiting[0]?.at <= step ? waiting.shift() : undefined;
      if (!next) return false;
      host.put(s, { stage: prompt, cap: 1 + (step + s) % N, limit: 5 + next.tokens, length: 4, pages: 1 });
      [cancelAt[s], entered[s], due[s]] = [step + 1 + next.cancelAfter, step, next.tokens];
      return true;
    });
    host.route(entering, false);
    const before = occupied();

    const leaving = host.list(left, exitBatch), inBlock = stages().filter((stage) => stage === block).length;
    fair(leaving, left, inBlock < exitBatch);
    host.draw(leaving);
    const line = (run.begin + step >>> 0) % 3;
    const drew = every.filter((s) => host.log.data[4 * (line * S + s)] >= 0);
    assertEquals(drew, leaving);
    const depths = leaving.map((s) => host.log.data[4 * (line * S + s) + 1]);
    assert(depths.every((depth) => 1 <= depth && depth <= N), `${depths} recursions of ${N}`);
    const ended = leaving.filter((s) => host.at(s, SLOT.stage) === idle);
    assertEquals(ended, leaving.filter((s) => --due[s] === 0 || host.log.data[4 * (line * S + s)] === 0));
    host.route(leaving, false);
    for (const s of leaving) entered[s] = step + 1;

    const stagesBefore = stages(), recurring = host.list(block);
    fair(recurring, block, true);
    host.route(recurring, true);
    for (const s of every) if (stages()[s] !== stagesBefore[s]) entered[s] = step + 1;
    assertEquals(occupied(), before.filter((s) => !ended.includes(s)));
    assert(before.length === 0 || leaving.length + recurring.length > 0, "no slot moves");
    for (const s of occupied()) {
      const stage = host.at(s, SLOT.stage) as typeof block;
      assert(
        stage in most && step - entered[s] <= most[stage],
        `slot ${s} waits in stage ${stage} since ${entered[s]}`,
      );
    }
  }
}

Deno.test("engine: the schedule loses, repeats and overtakes no slot, and bounds the steps that a slot waits", () => {
  fc.assert(fc.property(runs, check), { numRuns: 300 });
});
