/** Noise stays within the bounds of operations, repeats with its seed, and follows selections it could change. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { measureNoise, NoiseDevice, ReferenceDevice } from "../reference/mod.ts";
import { accuracy } from "../reference/accuracy/accuracy.ts";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { attention } from "../src/ops/attention.ts";
import { linear } from "../src/ops/linear.ts";
import { route } from "../src/ops/router.ts";
import { gather } from "../src/ops/rows.ts";
import { selectTopK } from "../src/ops/select.ts";
import { normals } from "../src/common/random.ts";

const x = hostTensor([5, 7], normals(1, 35));
const w = hostTensor([3, 7], normals(2, 21));

Deno.test("noise: none without a seed; with a seed, each element changes within its bound and reproducibly", () => {
  const product = (device: ReferenceDevice) => linear(device, device.from(x), device.from(w)).data;
  const exact = product(new ReferenceDevice("f64"));
  assertEquals(product(new NoiseDevice()), exact);
  const noisy = product(new NoiseDevice(3));
  assertEquals(product(new NoiseDevice(3)), noisy);
  assertNotEquals(product(new NoiseDevice(4)), noisy);
  const device = new ReferenceDevice("f64");
  const inputs = { x: device.from(x), w: device.from(w) };
  const outputs = { y: { shape: [5, 3], dtype: "f32" as const, data: exact } };
  const { y } = accuracy.linear(inputs, outputs, { from: 0, to: 3 });
  exact.forEach((value, i) => assert(noisy[i] !== value && Math.abs(noisy[i] - value) <= y![i]));
});

Deno.test("noise: numbers that arrive in double are rounded elsewhere, float32 ones are exact", () => {
  const noisy = new NoiseDevice(1);
  assertEquals([...noisy.from(x).data], [...x.data]);
  const table = noisy.from(hostTensor([2], Float64Array.of(1 / 3, 0))).data;
  assert(table[0] !== 1 / 3 && Math.abs(table[0] - 1 / 3) <= 2 ** -24 / 3);
  assertEquals(table[1], 0);
});

Deno.test("noise: the bound of a composition holds for its float32 run", async () => {
  const compute = (device: ReferenceDevice) => {
    const [q, kv] = [device.from(hostTensor([4, 8], normals(3, 32))), device.from(hostTensor([4, 16], normals(4, 64)))];
    const ranges = device.from(hostIndices([0, 1, 0, 2, 0, 3, 0, 4], [4, 2]));
    const y = attention(device, { q, kv, ranges }, { H: 2, G: 2, K: 4 });
    return device.read({ y: linear(device, y, device.from(hostTensor([2, 8], normals(5, 16)))) });
  };
  const { exact, bounds, undecided } = await measureNoise(compute);
  const { y } = await compute(new ReferenceDevice());
  y.data.forEach((value, i) => assert(Math.abs(value - exact.y.data[i]) <= bounds.y));
  assert(bounds.y > 0 && bounds.y < 1e-4);
  assertEquals(undecided, []);
});

Deno.test("noise: selections that it could change are followed and reported", async () => {
  const near = [1, 1 + 2 ** -22, 0, 5];
  const measured = await measureNoise((device) => {
    const values = device.from(hostTensor([4, 1], near));
    const scores = linear(device, values, device.from(hostTensor([1, 1], [1])));
    const [offsets, capacity] = [device.from(hostIndices([0, 4])), device.from(hostIndices([2]))];
    const { rows, kept } = selectTopK(device, { scores, offsets, capacity }, 2);
    const kind = { k: 1, kind: "softmax", alpha: 1, normalize: true } as const;
    const logits = linear(device, values, device.from(hostTensor([2, 1], [1, 1])));
    const { experts, weights } = route(device, { logits }, kind);
    return device.read({ rows, kept, experts, weights, chosen: gather(device, scores, rows, kept) });
  });
  assertEquals([...measured.exact.rows.data], [1, 3]);
  assertEquals(measured.undecided.length, 2);
  assert(measured.bounds.chosen < 1e-5, "what follows is about the same rows");
  assert(measured.bounds.weights < 1e-5);
});

Deno.test("noise: eight runs differ within bounds of operations that are computed once", async () => {
  const table = accuracy as { linear: (...call: never[]) => unknown }, { linear: bound } = table;
  let computed = 0;
  table.linear = (...call) => (computed++, bound(...call));
  const results: number[] = [];
  try {
    const { exact, bounds } = await measureNoise((device) => {
      const y = linear(device, device.from(x), device.from(w));
      results.push(y.data[0]);
      return device.read({ y });
    });
    assertEquals(computed, 1);
    assertEquals(new Set(results).size, 9);
    const device = new ReferenceDevice("f64"), inputs = { x: device.from(x), w: device.from(w) };
    const outputs = { y: { shape: [5, 3], dtype: "f32" as const, data: exact.y.data } };
    const most = Math.max(...accuracy.linear(inputs, outputs, { from: 0, to: 3 }).y!);
    assert(bounds.y > most / 4 && bounds.y <= most * (1 + 1e-6), `${bounds.y} beside ${most}`);
  } finally {
    table.linear = bound;
  }
});

Deno.test("noise: a computation that takes other operations in a later run is refused", async () => {
  let runs = 0;
  const compute = (device: ReferenceDevice) => {
    const rows = runs++ < 2 ? x : hostTensor([4, 7], normals(1, 28));
    return device.read({ y: linear(device, device.from(rows), device.from(w)) });
  };
  await assertRejects(() => measureNoise(compute), Error, "Cannot measure noise: operation 0 is linear");
});
