import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { normals } from "../src/common/random.ts";
import { attention, keyRanges } from "../src/ops/attention.ts";
import { appendPlaces, appendPlacesOp, cacheWrite, cacheWriteOp } from "../src/ops/cache.ts";
import { scatterRows } from "../src/ops/rows.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/cache.ts";
import { scattered } from "./cases/rows.ts";
import { indices } from "./support/arbitraries.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(appendPlacesOp, cases.appendPlaces);
equivalence(cacheWriteOp, cases.cacheWrite);

Deno.test("appendPlaces: two sequences, one of which overflows, and a row that is not live", async () => {
  const device = new ReferenceDevice();
  const inputs = { offsets: device.from(hostIndices([0, 2, 3])), lengths: device.from(hostIndices([2, 1])) };
  const { places, grown, ranges } = await device.read(appendPlaces(device, inputs, { C: 3, M: 4 }));
  assertEquals([...places.data], [2, -1, 4, -1]);
  assertEquals([...grown.data], [3, 2]);
  assertEquals([...ranges.data], [0, 3, 0, 3, 3, 5, 0, 0]);
});

Deno.test("appendPlaces: attention over a cache filled in two steps equals causal attention over everything", () => {
  const C = 12, K = 3, heads = { H: 2, G: 1, K };
  const lengths = (most: number) => indices(2, 0, most).map(({ data }) => [...data]);
  fc.assert(
    fc.property(lengths(6), lengths(6), fc.nat(), (first, second, seed) => {
      const device = new ReferenceDevice("f64");
      const T = first.map((n, b) => n + second[b]);
      const offsets = device.from(hostIndices([0, T[0], T[0] + T[1]]));
      const M = T[0] + T[1];
      const q = normals(seed, M * 2 * K), kv = normals(seed + 1, M * 2 * K);
      const rows = (data: Float32Array, counts: number[], from: number[]) => {
        const parts = counts.flatMap((
          n,
          b,
        ) => [...data.subarray((b * T[0] + from[b]) * 2 * K, (b * T[0] + from[b] + n) * 2 * K)]);
        return device.from(hostTensor([counts[0] + counts[1], 2 * K], parts));
      };
      const append = (cache: typeof offsets, counts: number[], old: number[]) => {
        const M = counts[0] + counts[1];
        const ends = device.from(hostIndices([0, counts[0], M]));
        const placed = appendPlaces(device, { offsets: ends, lengths: device.from(hostIndices(old)) }, { C, M });
        return { ...placed, cache: cacheWrite(device, { cache, x: rows(kv, counts, old), places: placed.places }) };
      };
      const empty = device.from(hostTensor([2 * C, 2 * K], new Float32Array(4 * C * K).fill(99)));
      const once = append(empty, first, [0, 0]);
      const twice = append(once.cache, second, first);
      assertEquals([...twice.grown.data], T);
      const cached = attention(device, { q: rows(q, second, first), kv: twice.cache, ranges: twice.ranges }, heads);
      const whole = { q: rows(q, T, [0, 0]), kv: rows(kv, T, [0, 0]) };
      const ranges = keyRanges(device, { offsets }, { M, causal: true, window: 0 });
      const { data } = attention(device, { ...whole, ranges }, heads);
      const last = second.flatMap((
        n,
        b,
      ) => [...data.subarray((b * T[0] + first[b]) * 2 * K, (b * T[0] + first[b] + n) * 2 * K)]);
      assertEquals([...cached.data], last);
    }),
  );
});

Deno.test("cacheWrite: ascending places are those of scatterRows", () => {
  fc.assert(fc.property(scattered, ({ x, y, entries, offsets: live }) => {
    const device = new ReferenceDevice();
    const [cache, rows, list] = [device.from(x), device.from(y), device.from(hostIndices(entries))];
    const offsets = live && device.from(live);
    const expected = scatterRows(device, { x: cache, y: rows, rows: list, offsets });
    assertEquals(cacheWrite(device, { cache, x: rows, places: list, offsets }).data, expected.data);
  }));
});

Deno.test("cacheWrite: goes where it is told, and nowhere below 0", () => {
  const device = new ReferenceDevice();
  const cache = device.from(hostIndices([1, 2, 3, 4], [4, 1]));
  const inputs = {
    cache,
    x: device.from(hostIndices([10, 20, 30], [3, 1])),
    places: device.from(hostIndices([3, -1, 0])),
  };
  assertEquals([...cacheWrite(device, inputs).data], [30, 2, 3, 10]);
  const floats = device.from(hostTensor([3, 1], [1, 2, 3]));
  const call = (more: Partial<typeof inputs>) => () => cacheWrite(device, { ...inputs, ...more });
  assertThrows(call({ x: floats }), RangeError, "Cannot apply cacheWrite: x is f32, expected i32");
  assertThrows(call({ places: cache }), RangeError, "places has shape [4,1], expected [3]");
});

Deno.test("appendPlaces: says which sizes do not fit", () => {
  const device = new ReferenceDevice();
  const offsets = device.from(hostIndices([0, 1]));
  const call = (lengths: number[], C: number, M = 1) => () =>
    appendPlaces(device, { offsets, lengths: device.from(hostIndices(lengths)) }, { C, M });
  assertThrows(call([0, 0], 2), RangeError, "Cannot apply appendPlaces: lengths has shape [2], expected [1]");
  assertThrows(call([0], -1), RangeError, "Cannot apply appendPlaces: capacity -1 is negative");
  assertThrows(call([0], 2, -1), RangeError, "Cannot apply appendPlaces: -1 new rows are fewer than none");
});
