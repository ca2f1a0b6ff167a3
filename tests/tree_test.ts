/** Programs from and to trees of tensors: lists, records and constants, on both backends. */
import { assertEquals, assertRejects } from "@std/assert";
import { type Device, type HostTensor, hostTensor } from "../src/op/device.ts";
import { add } from "../src/ops/add.ts";
import { mapTree } from "../src/op/tree.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { own } from "./support/device.ts";
import { gpuTest } from "./support/gpu.ts";

interface Form<T> {
  readonly factor: number;
  readonly terms: readonly { readonly x: T; readonly y?: T }[];
}

interface Sums<T> {
  readonly total: T;
  readonly parts: readonly { readonly index: number; readonly sum: T; readonly name?: string }[];
}

const tensor = (...data: number[]) => hostTensor([1, data.length], data);

async function sums(device: Device): Promise<void> {
  let recorded = 0;
  const program = device.compile<Form<HostTensor>, Sums<HostTensor>>(({ factor, terms }) => {
    recorded++;
    const parts = terms.map(({ x, y = x }, index) => ({ index, sum: add(device, x, y, factor), name: undefined }));
    return { total: parts.map(({ sum }) => sum).reduce((a, b) => add(device, a, b)), parts };
  });
  const run = async (form: Form<HostTensor>) => {
    const { total, parts } = await program(form);
    return [[...total.data], parts.map(({ index, sum }) => [index, ...sum.data])];
  };
  const two = [{ x: tensor(1, 2), y: tensor(10, 20) }, { x: tensor(3, 4) }];
  assertEquals(await run({ factor: 1, terms: two }), [[17, 30], [[0, 11, 22], [1, 6, 8]]]);
  assertEquals(await run({ factor: -1, terms: two }), [[-9, -18], [[0, -9, -18], [1, 0, 0]]], "constants count");
  const { length } = two, before = recorded;
  await run({ factor: -1, terms: [{ x: tensor(0, 0), y: tensor(1, 1) }, { x: tensor(0, 0) }] });
  if (device.kind === "webgpu") assertEquals(recorded, before, "a form that was seen is replayed");
  assertEquals(
    (await run({ factor: 1, terms: two.slice(0, length - 1) }))[0],
    [11, 22],
    "another form is another program",
  );
}

Deno.test("trees: the reference", async () => await sums(new ReferenceDevice()));
gpuTest("trees: WebGPU", async (gpu) => await sums(own(gpu)));

Deno.test("trees: a leaf that was freed is named by its path", async () => {
  const device = new ReferenceDevice(), w = device.from(tensor(1));
  const program = device.compile<object, { parts: { w: HostTensor }[] }>(() => ({ parts: [{ w }] }));
  device.free(w);
  await assertRejects(() => program({}), RangeError, "Cannot read from the device: parts.0.w [1,1] was freed");
});

Deno.test("trees: leaves are replaced in order, everything else stays", () => {
  const paths: string[] = [];
  const tree = { a: tensor(1), b: [tensor(2), undefined, "word"], c: { d: null, e: tensor(3) } };
  const mapped = mapTree(tree, ({ data }: HostTensor, path) => (paths.push(path), data[0]));
  assertEquals(mapped, { a: 1, b: [2, undefined, "word"], c: { d: null, e: 3 } });
  assertEquals(paths, ["a", "b.0", "c.e"]);
});
