/** Tokens that leave: equivalence, laws of endings and of the log, worked examples. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import {
  advanceLengths,
  advanceLengthsOp,
  commitTokens,
  commitTokensOp,
  commitTop,
  commitTopOp,
} from "../src/ops/commit_tokens.ts";
import { SLOT, STAGE } from "../src/ops/slots.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/commit_tokens.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";
import { slotTable } from "./support/slots.ts";

equivalence(commitTokensOp, cases.commitTokens);
equivalence(commitTopOp, cases.commitTop);
equivalence(advanceLengthsOp, cases.advanceLengths);

const device = new ReferenceDevice();
const whole = (data: number[], shape?: number[]) => device.from(hostIndices(data, shape));
const floats = (shape: number[], data: number[]) => device.from(hostTensor(shape, data));
const { idle, block, left } = STAGE;

Deno.test("commitTokens: only a stop id or the limit ends a listed slot; the log holds the slots that drew a token", () => {
  fc.assert(fc.property(cases.commitTokens, ({ inputs, params }) => {
    const on = (name: keyof typeof inputs) => device.from(inputs[name] as HostTensor);
    const { slots, log, clock } = retired(inputs, params.stops);
    const [before, columns] = [on("slots"), inputs.slots.shape[1]];
    const live = [...inputs.rows.data.subarray(0, inputs.offsets.data[inputs.offsets.data.length - 1])];
    const line = (inputs.clock.data[0] >>> 0) % log.shape[0];
    for (let s = 0; s < slots.shape[0]; s++) {
      const [old, now] = [before, slots].map(({ data }) => [...data.subarray(s * columns, (s + 1) * columns)]);
      const m = live.indexOf(s);
      const entry = [...log.data.subarray(4 * (line * slots.shape[0] + s), 4 * (line * slots.shape[0] + s + 1))];
      if (m < 0 || old[SLOT.stage] === idle) {
        assertEquals(now, old);
        assertEquals(entry, [-1, 0, 0, 0]);
        continue;
      }
      const token = inputs.drawn.data[m];
      assertEquals(entry, [token, old[SLOT.depth], inputs.logProbs.data[m], inputs.z.data[s]]);
      const ends = params.stops.includes(token) || token < 0 || old[SLOT.length] + 2 >= old[SLOT.limit];
      assertEquals(now[SLOT.stage], ends ? idle : old[SLOT.stage]);
      assertEquals(now[SLOT.length], old[SLOT.length] + Number(!ends));
    }
    assertEquals(clock.data[0], (inputs.clock.data[0] + 1) | 0);
    const lines = (data: HostTensor["data"]) => data.filter((_, i) => Math.floor(i / log.shape[1]) !== line);
    assertEquals(lines(log.data), lines(on("log").data));
  }));
});

/** Runs commitTokens on copies of the inputs. */
function retired(hosts: Readonly<Record<string, HostTensor>>, stops: readonly number[]) {
  const tensors = Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, device.from(host)]));
  const inputs = tensors as unknown as Parameters<typeof commitTokens<(typeof tensors)[string]>>[1];
  commitTokens(device, inputs, { stops });
  return inputs;
}

Deno.test("commitTokens: two steps of four slots, over the clock's end", () => {
  const slots = device.from(slotTable(2, [
    { stage: left, depth: 2, length: 5, limit: 8 },
    { stage: left, depth: 1, length: 5, limit: 9 },
    { stage: idle, depth: 1, length: 3, limit: 9 },
    { stage: block, depth: 1, length: 5, limit: 9 },
  ]));
  const log = floats([2, 16], new Array(32).fill(9));
  const clock = whole([-1]); // the clock has no sign: 2³² − 1
  const inputs = {
    slots,
    log,
    clock,
    rows: whole([1, 0, 2, 3]),
    offsets: whole([0, 3]),
    z: floats([4, 1], [4, 3, 2, 1]),
  };
  commitTokens(device, { ...inputs, drawn: whole([7, 8, 7, 7]), logProbs: floats([4, 1], [-1, -2, -3, -4]) }, {
    stops: [5],
  });
  assertEquals([...log.data.subarray(16)], [8, 2, -2, 4, 7, 1, -1, 3, -1, 0, 0, 0, -1, 0, 0, 0]);
  assertEquals([...log.data.subarray(0, 16)], new Array(16).fill(9));
  assertEquals(clock.data[0], 0);
  commitTokens(device, { ...inputs, drawn: whole([5, 6, 7, 7]), logProbs: floats([4, 1], [-5, -6, -7, -8]) }, {
    stops: [5],
  });
  assertEquals([...log.data.subarray(0, 16)], [6, 0, -6, 4, 5, 0, -5, 3, -1, 0, 0, 0, -1, 0, 0, 0]);
  assertEquals(clock.data[0], 1);
  const columns = [0, 1, 2, 3].map((s) => [SLOT.stage, SLOT.depth, SLOT.length].map((c) => slots.data[s * 12 + c]));
  assertEquals(columns, [[idle, 0, 6], [idle, 0, 6], [idle, 1, 3], [block, 1, 5]]);
});

gpuTest("commitTokens: the clock wraps round at its largest signed and unsigned number", async (device) => {
  for (const now of [2 ** 31 - 1, -1]) {
    const inputs = {
      slots: slotTable(1, [{ stage: left, limit: 9 }]),
      log: hostTensor([3, 4], new Array(12).fill(0)),
      clock: hostIndices([now]),
      drawn: hostIndices([2]),
      logProbs: hostTensor([1, 1], [-1]),
      z: hostTensor([1, 1], [1]),
      rows: hostIndices([0]),
      offsets: hostIndices([0, 1]),
    };
    await worstRatio(device, commitTokensOp, { inputs, params: { stops: [] } });
  }
});

Deno.test("advanceLengths: every slot counts its own rows", () => {
  const slots = device.from(slotTable(2, [{ rows: [1, 2] }, { rows: [3, 4] }]));
  advanceLengths(device, { slots, offsets: whole([0, 5, 5]) }, SLOT.rows + 1);
  advanceLengths(device, { slots, offsets: whole([0, 0, 2]) }, SLOT.length);
  assertEquals([...slots.data], [...slotTable(2, [{ rows: [1, 7] }, { length: 2, rows: [3, 4] }]).data]);
});

Deno.test("commitTop: the entries of listed slots in the clock's line, and no others", () => {
  const top = floats([2, 12], new Array(24).fill(9)); // 3 slots of 2 tokens
  const ids = whole([7, 8, 3, -2, 1, 1], [3, 2]), logProbs = floats([3, 2], [-1, -2, -3, 0, -5, -6]);
  commitTop(device, { ids, logProbs, top, clock: whole([-1]), rows: whole([2, 0, 1]), offsets: whole([0, 2]) });
  assertEquals([...top.data.subarray(0, 12)], new Array(12).fill(9));
  assertEquals([...top.data.subarray(12)], [3, -3, -2, 0, 9, 9, 9, 9, 7, -1, 8, -2]);
});
