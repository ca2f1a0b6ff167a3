// The head part by part gives the losses and gradients of the whole.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import { mapTree } from "../../src/op/tree.ts";
import { linear } from "../../src/ops/linear.ts";
import { mean } from "../../src/ops/losses.ts";
import { normals } from "../../src/common/random.ts";
import { Tape } from "../../src/ops/tape.ts";
import { type HeadInputs, headInputs, headOutputs, partRows } from "../../src/model/head.ts";
import { scoredRows } from "../../src/train/scored.ts";
import { largestDifference } from "../support/models.ts";
import { someBatch } from "../support/training.ts";

const [S, D, V] = [11, 4, 7];

/** Mean loss and gradients of a head, with parts of so many rows; what lies behind the `live` first is no number. */
function head(rows: number, live: number) {
  const device = new ReferenceDevice("f64");
  const dead = (values: Float32Array) => values.fill(NaN, live * D);
  const hidden = device.from(hostTensor([S, D], dead(normals(1, S * D))));
  const w = device.from(hostTensor([V, D], normals(2, V * D)));
  const labels = device.from(someBatch(5, { B: 1, T: S, V, masked: true }).labels);
  const tape = new Tape<RefTensor>(device, [hidden, w], { recompute: ["head"] });
  const inputs = mapTree(headInputs(S, rows, live), (host: HostTensor) => device.from(host)) as HeadInputs<RefTensor>;
  const { logits, nll } = headOutputs(tape, inputs, { hidden, labels }, {
    logitsOf: (some, offsets) => linear(tape, some, w, { offsets }),
  });
  const loss = mean(tape, nll!, { labels, offsets: device.from(hostIndices([0, live])) });
  const gradients = tape.gradients([{ result: loss, seed: device.from(hostTensor([1], [1])) }]);
  return {
    parts: logits.length,
    loss: loss.data[0],
    dhidden: gradients.get(hidden)!.data.subarray(0, live * D),
    dw: gradients.get(w)!.data,
  };
}

Deno.test("head: parts of any size give the loss and the gradients of the whole, with any values in rows that are not live", () => {
  for (const live of [S, 8, 1]) {
    const whole = head(S, live);
    assertEquals(whole.parts, 1);
    assert(live === 1 || whole.loss > 0);
    for (const rows of [1, 3, 4, 10]) {
      const cut = head(rows, live);
      assertEquals(cut.parts, Math.ceil(S / rows));
      assert(Math.abs(cut.loss - whole.loss) < 1e-14);
      assert(largestDifference(cut.dhidden, whole.dhidden) < 1e-14);
      assert(largestDifference(cut.dw, whole.dw) < 1e-14);
    }
  }
});

Deno.test("head: logits of a part stay below their limit, whatever the vocabulary", () => {
  for (const V of [1, 512, 50_368, 2 ** 24, 2 ** 25]) {
    assert(partRows(V) >= 1);
    assert(partRows(V) === 1 || partRows(V) * V <= 2 ** 24);
  }
});

Deno.test("scored rows: all with a label, in order, in lists of a fixed length", () => {
  const labels = Int32Array.of(-100, 5, -100, -100, 7, -100);
  const { rows: scored, labels: taken, offsets } = scoredRows(labels, 4);
  assertEquals([...scored.data], [1, 4, 0, 0]);
  assertEquals([...taken.data], [5, 7, -100, -100]);
  assertEquals([...offsets.data], [0, 2]);
  assertEquals([...scoredRows(labels, 2).rows.data], [1, 4]);
  assertEquals(scoredRows(labels, 9).rows.shape, [9]);
  assertThrows(() => scoredRows(labels, 1), RangeError, "Cannot score 2 of 6 rows: there is room for 1");
});
