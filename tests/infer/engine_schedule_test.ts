/** A model of the queue on the host: requests come and go, tokens pass the stages, and nobody is lost or overtaken. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SLOT, STAGE } from "../../src/ops/slots.ts";
import { Host, type Run, runs } from "../support/queue_host.ts";

const { idle, block, left, prompt } = STAGE;

/** Runs until everybody is gone, looking at every step; who is seated before a step comes at once with those of the last one. */
function check(run: Run): void {
  const { S, W, exitBatch, N, stream } = run;
  const host = new Host(run), every = Array.from({ length: S }, (_, s) => s);
  const waiting = [...stream], gone = new Array(S).fill(0), due = new Array(S).fill(0);
  const came = new Array(S).fill(0); // when a slot came to its stage, counted here
  const rounds = Math.ceil(S / W), most = { [block]: N * rounds, [left]: rounds * (S * N + 1) };
  const seated = () => every.filter((s) => host.at(s, SLOT.stage) !== idle);
  const stages = () => every.map((s) => host.at(s, SLOT.stage));
  const fair = (chosen: number[], stage: number, open: boolean) => {
    const there = every.filter((s) => host.at(s, SLOT.stage) === stage);
    assertEquals(chosen.length, open ? Math.min(W, there.length) : 0);
    assert(chosen.every((s, i) => there.includes(s) && !(chosen[i - 1] >= s)));
    const others = open ? there.filter((s) => !chosen.includes(s)) : [];
    for (const s of chosen) {
      assert(others.every((other) => came[other] >= came[s]), `${s} has overtaken one of ${others}`);
    }
  };
  for (let step = 0; waiting.length > 0 || seated().length > 0; step++) {
    for (const s of seated()) if (step >= gone[s]) host.put(s, {});
    const entering = every.filter((s) => host.at(s, SLOT.stage) === idle).filter((s) => {
      const next = waiting[0]?.at <= step ? waiting.shift() : undefined;
      if (!next) return false;
      host.put(s, { stage: prompt, cap: 1 + (step + s) % N, limit: 5 + next.tokens, length: 4, pages: 1 });
      [gone[s], came[s], due[s]] = [step + 1 + next.patient, step, next.tokens];
      return true;
    });
    host.route(entering, false);
    const sits = seated();

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
    for (const s of leaving) came[s] = step + 1;

    const before = stages(), recurring = host.list(block);
    fair(recurring, block, true);
    host.route(recurring, true);
    for (const s of every) if (stages()[s] !== before[s]) came[s] = step + 1;
    assertEquals(seated(), sits.filter((s) => !ended.includes(s)));
    assert(sits.length === 0 || leaving.length + recurring.length > 0, "nobody moves");
    for (const s of seated()) {
      const stage = host.at(s, SLOT.stage) as typeof block;
      assert(stage in most && step - came[s] <= most[stage], `slot ${s} waits in stage ${stage} since ${came[s]}`);
    }
  }
}

Deno.test("engine's schedule: no slot is lost, listed twice or overtaken; somebody always moves, and everybody in time", () => {
  fc.assert(fc.property(runs, check), { numRuns: 300 });
});
