/** Sequences in groups and heads in parts: a device that binds little computes what one without a limit does. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ReferenceDevice } from "../../reference/mod.ts";
import { groupSequences, rowsAtOnce } from "../../src/model/groups.ts";
import { kinds } from "../support/engine.ts";
import { decoderOn, encoderOn, someIds } from "../support/models.ts";

/** A reference in double precision that names a limit. */
class Limited extends ReferenceDevice {
  constructor(readonly maxTensorBytes?: number) {
    super("f64");
  }
}

const mol = { layers: [0, 1], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4 };
const losses = { router_aux: 0.3, router_z: 0.2, router_balance: 0.4, mol_balance: 0.5 };
const kind = fc.constantFrom(...kinds.map((json) => ({ ...json, mol, loss_coefficients: losses })));
const lists = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 })
  .map((lengths) => lengths.map((length, b) => someIds(b + 1, length)));
/** From less than a sequence to all of them: of 48 columns and 29 logits. */
const limit = fc.integer({ min: 29, max: 6000 }).map((elements) => 4 * elements);
const on = (limit?: number) => new Limited(limit);

/** Every number of a result by its place. */
function numbers(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, (x, i) => [`${path}[${i}]`, x]);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbers(inner, `${path}.${key}`));
}

function assertSame(actual: unknown, expected: unknown): void {
  const [got, wanted] = [numbers(actual), numbers(expected)];
  assertEquals(got.map(([path]) => path), wanted.map(([path]) => path));
  wanted.forEach(([path, value], i) => {
    const same = Object.is(got[i][1], value) || Math.abs(got[i][1] - value) <= 1e-12 * (1 + Math.abs(value));
    assert(same, `${path} is ${got[i][1]}, expected ${value}`);
  });
}

Deno.test("groups: a decoder's results, routing and losses do not depend on the binding limit", async () => {
  const property = fc.asyncProperty(kind, lists, limit, fc.boolean(), async (json, sequences, limit, topk) => {
    const options = { logits: true, losses: true, selection: topk ? "topk" : "threshold" } as const;
    const expected = await decoderOn(on(), json).forward(sequences, options);
    assertSame(await decoderOn(on(limit), json).forward(sequences, options), expected);
  });
  await fc.assert(property, { numRuns: 30 });
});

Deno.test("groups: an encoder's results, losses, vectors and logits do not depend on the binding limit", async () => {
  const property = fc.asyncProperty(lists, limit, fc.boolean(), async (sequences, limit, scored) => {
    const labels = scored ? sequences.map((ids) => ids.map((id, t) => t % 3 === 1 ? id : -100)) : undefined;
    const [whole, cut] = [encoderOn(on()), encoderOn(on(limit))];
    const options = { logits: true, labels };
    assertSame(await cut.forward(sequences, options), await whole.forward(sequences, options));
    for (const pooling of ["mean", "last"] as const) {
      assertSame(await cut.pooled(sequences, { pooling }), await whole.pooled(sequences, { pooling }));
    }
    const rows = sequences[0].map((_, t) => t);
    assertSame(await cut.logitsAt(sequences[0], rows), await whole.logitsAt(sequences[0], rows));
  });
  await fc.assert(property, { numRuns: 12 });
});

Deno.test("groups: gradients of a head in parts equal those of the whole head", async () => {
  const sequences = [someIds(1, 12), someIds(2, 7)];
  for (const json of kinds.slice(0, 5)) {
    assertSame(
      await decoderOn(on(4 * 100), json).gradients(sequences),
      await decoderOn(on(), json).gradients(sequences),
    );
  }
  const labels = sequences.map((ids) => ids.map((id, t) => t % 3 === 1 ? id : -100));
  assertSame(
    await encoderOn(on(4 * 100)).gradients(sequences, labels),
    await encoderOn(on()).gradients(sequences, labels),
  );
});

Deno.test("groups: an invalid sequence in any group is refused by its index before the first group runs", async () => {
  const [decoder, encoder] = [decoderOn(on(400)), encoderOn(on(400))];
  const bad = [[1, 2], [3], []];
  const message = "Cannot run the model: sequence 2 is empty";
  await assertRejects(() => decoder.forward(bad), RangeError, message);
  await assertRejects(() => encoder.forward(bad), RangeError, message);
  await assertRejects(() => encoder.pooled(bad), RangeError, message);
});

Deno.test("groups: order is kept, groups are maximal, and a sequence over the limit forms its own group", () => {
  const arrays = fc.array(fc.integer({ min: 1, max: 9 }).map((length) => Array(length).fill(0)), { minLength: 1 });
  fc.assert(fc.property(arrays, fc.integer({ min: 1, max: 30 }), (sequences, most) => {
    const groups = groupSequences(sequences, most);
    assertEquals(groups.flat(), sequences);
    const tokens = groups.map((group) => group.reduce((sum, { length }) => sum + length, 0));
    groups.forEach((group, g) => {
      assert(group.length === 1 || tokens[g] <= most);
      assert(g === 0 || tokens[g - 1] + group[0].length > most);
    });
  }));
  assertEquals(rowsAtOnce({}, 2304), 14563); // 128 MiB
  assertEquals(rowsAtOnce({ maxTensorBytes: 2 ** 31 }, 2304), 14563);
  assertEquals(rowsAtOnce({ maxTensorBytes: 2 ** 16 }, 2304), 7);
});
