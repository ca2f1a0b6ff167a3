import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { attention, attentionOp, keyRanges, keyRangesOp } from "../src/ops/attention.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/attention.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(keyRangesOp, cases.keyRanges);
equivalence(attentionOp, cases.attention, 40);

const device = new ReferenceDevice("f64");

/** Ranges of sequences given by their lengths. */
function rangesOf(lengths: number[], causal: boolean, window: number): HostTensor {
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets.at(-1)! + length);
  return keyRanges(device, { offsets: device.from(hostIndices(offsets)) }, { M: offsets.at(-1)!, causal, window });
}

/** Attention of host tensors: 4 query heads of width 3. */
function attend(q: HostTensor, kv: HostTensor, ranges: HostTensor, G = 2): number[] {
  const inputs = { q: device.from(q), kv: device.from(kv), ranges: device.from(ranges) };
  return [...attention(device, inputs, { H: 4, G, K: 3 }).data];
}

/** Takes rows of a matrix, in the given order. */
function rowsOf({ shape: [, W], data }: HostTensor, rows: number[]): HostTensor {
  return hostTensor([rows.length, W], Float64Array.from(rows.flatMap((m) => [...data.subarray(m * W, (m + 1) * W)])));
}

const sequence = size(17, 1).chain((T) => fc.record({ T: fc.constant(T), q: tensor([T, 12]), kv: tensor([T, 12]) }));

Deno.test("keyRanges: two sequences, by hand", () => {
  assertEquals([...rangesOf([3, 2], true, 0).data], [0, 1, 0, 2, 0, 3, 3, 4, 3, 5]);
  assertEquals([...rangesOf([3, 0, 2], false, 0).data], [0, 3, 0, 3, 0, 3, 3, 5, 3, 5]);
  assertEquals([...rangesOf([4], false, 1).data], [0, 2, 0, 3, 1, 4, 2, 4]);
  assertEquals([...rangesOf([4], true, 1).data], [0, 1, 0, 2, 1, 3, 2, 4]);
});

Deno.test("keyRanges: a routed row has the range of its key row", () => {
  const inputs = { offsets: device.from(hostIndices([0, 3, 5])), rows: device.from(hostIndices([1, 4, 0])) };
  const queryOffsets = device.from(hostIndices([0, 2]));
  const { data } = keyRanges(device, { ...inputs, queryOffsets }, { M: 3, causal: true, window: 0 });
  assertEquals([...data.subarray(0, 4)], [0, 2, 3, 5]);
});

Deno.test("keyRanges: a window as long as the sequence is no limit", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }), fc.boolean(), (lengths, causal) => {
    const longest = Math.max(1, ...lengths);
    assertEquals(rangesOf(lengths, causal, longest), rangesOf(lengths, causal, 0));
  }));
});

Deno.test("attention: equal scores give the mean of the values, a scale of 1/√K the weights of softmax", () => {
  const ranges = hostIndices([0, 2, 0, 2, 1, 1], [3, 2]);
  const inputs = {
    q: device.from(hostTensor([3, 4], Float64Array.of(0, 0, 0, 0, Math.log(3), 0, 0, 0, 1, 1, 1, 1))),
    kv: device.from(hostTensor([2, 8], [0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 4])),
    ranges: device.from(ranges),
  };
  const { data } = attention(device, inputs, { H: 1, G: 1, K: 4 });
  const expected = [6, 0, 0, 2, 7, 0, 0, 3, 0, 0, 0, 0]; // e^0 : e^(2·ln 3 / 2) = 1 : 3
  expected.forEach((value, i) => assertAlmostEquals(data[i], value, 1e-12));
});

Deno.test("attention: a row that sees one key returns its value", () => {
  fc.assert(fc.property(sequence, ({ T, q, kv }) => {
    const ranges = hostIndices(Array.from({ length: 2 * T }, (_, i) => (i + 1) >> 1), [T, 2]);
    const y = attend(q, kv, ranges);
    const expected = [...Array(T).keys()].flatMap((m) =>
      [0, 0, 1, 1].flatMap((g) => [...kv.data.subarray(m * 12 + 6 + 3 * g, m * 12 + 9 + 3 * g)])
    );
    assertEquals(y, expected);
  }));
});

Deno.test("attention: exchanging two sequences exchanges their outputs", () => {
  fc.assert(fc.property(sequence, fc.nat(17), fc.boolean(), ({ T, q, kv }, split, causal) => {
    const first = Math.min(split, T);
    const swapped = [...Array(T).keys()].map((m) => (m + first) % T);
    const y = attend(q, kv, rangesOf([first, T - first], causal, 0));
    const z = attend(rowsOf(q, swapped), rowsOf(kv, swapped), rangesOf([T - first, first], causal, 0));
    assertEquals(z, [...rowsOf(hostTensor([T, 12], Float64Array.from(y)), swapped).data]);
  }));
});

Deno.test("attention: causal rows do not change with later keys and values", () => {
  fc.assert(fc.property(sequence, tensor([17, 12]), fc.nat(16), ({ T, q, kv }, other, at) => {
    const from = Math.min(at, T - 1);
    const changed = kv.data.slice();
    changed.set(other.data.subarray(0, (T - from) * 12), from * 12);
    const ranges = rangesOf([T], true, 0);
    const y = attend(q, kv, ranges), z = attend(q, hostTensor([T, 12], changed), ranges);
    assertEquals(z.slice(0, from * 12), y.slice(0, from * 12));
  }));
});

Deno.test("attention: raised values raise the rows that see them, and no others", () => {
  fc.assert(fc.property(sequence, fc.nat(16), fc.integer({ min: 1, max: 9 }), ({ T, kv }, at, by) => {
    const from = Math.min(at, T - 1);
    const raised = kv.data.map((value, i) => i >= from * 12 && i % 12 >= 6 ? value + by : value);
    const zeros = hostTensor([T, 12], new Float64Array(T * 12)); // equal weights, of at least 1/17 each
    const ranges = rangesOf([T], true, 0);
    const y = attend(zeros, kv, ranges), z = attend(zeros, hostTensor([T, 12], raised), ranges);
    z.forEach((value, i) => assertEquals(Math.sign(value - y[i]), i < from * 12 ? 0 : 1));
  }));
});

Deno.test("attention: shared key heads are repeated key heads", () => {
  fc.assert(fc.property(sequence, ({ T, q, kv }) => {
    const repeat = [0, 0, 1, 1, 2, 2, 3, 3].flatMap((head) => [3 * head, 3 * head + 1, 3 * head + 2]);
    const wide = hostTensor([T, 24], [...Array(T).keys()].flatMap((m) => repeat.map((i) => kv.data[m * 12 + i])));
    const ranges = rangesOf([T], true, 0);
    assertEquals(attend(q, kv, ranges), attend(q, wide, ranges, 4));
  }));
});
