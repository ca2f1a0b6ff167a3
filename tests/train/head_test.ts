// The head part by part gives the losses and gradients of the whole.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { hostTensor } from "../../src/device.ts";
import { linear } from "../../src/ops/linear.ts";
import { crossEntropy, mean } from "../../src/ops/losses.ts";
import { normals } from "../../src/random.ts";
import { Tape } from "../../src/tape.ts";
import { headLosses, headParts, partRows } from "../../src/train/head.ts";
import { scoredRows } from "../../src/train/scored.ts";
import { largestDifference } from "../support/models.ts";
import { someBatch } from "../support/training.ts";

const [S, D, V] = [11, 4, 7];

/** Mean loss and gradients of a head, with parts of so many rows. */
function head(rows: number) {
  const device = new ReferenceDevice("f64");
  const hidden = device.from(hostTensor([S, D], normals(1, S * D)));
  const w = device.from(hostTensor([V, D], normals(2, V * D)));
  const labels = device.from(someBatch(5, { B: 1, T: S, V, masked: true }).labels);
  const tape = new Tape<RefTensor>(device, [hidden, w], { forget: ["head"] });
  const parts = headParts(device, S, rows);
  const [nll] = headLosses(
    tape,
    parts,
    { hidden, labels },
    (some) => [crossEntropy(tape, linear(tape, some.hidden, w), some.labels)],
  );
  const loss = mean(tape, nll, { labels });
  const gradients = tape.gradients([{ result: loss, seed: device.from(hostTensor([1], [1])) }]);
  return {
    parts: parts?.lists.length ?? 1,
    loss: loss.data[0],
    dhidden: gradients.get(hidden)!.data,
    dw: gradients.get(w)!.data,
  };
}

Deno.test("head: parts of any size give the loss and the gradients of the whole", () => {
  const whole = head(S);
  assertEquals(whole.parts, 1);
  for (const rows of [1, 3, 4, 10]) {
    const cut = head(rows);
    assertEquals(cut.parts, Math.ceil(S / rows));
    assert(Math.abs(cut.loss - whole.loss) < 1e-14);
    assert(largestDifference(cut.dhidden, whole.dhidden) < 1e-14);
    assert(largestDifference(cut.dw, whole.dw) < 1e-14);
  }
});

Deno.test("head: logits of a part stay below their limit, whatever the vocabulary", () => {
  for (const V of [1, 512, 50_368, 2 ** 24, 2 ** 25]) {
    assert(partRows(V) >= 1);
    assert(partRows(V) === 1 || partRows(V) * V <= 2 ** 24);
  }
});

Deno.test("scored rows: all with a label, in order, filled up to a fixed number", () => {
  const labels = Int32Array.of(-100, 5, -100, -100, 7, -100);
  const { scored, labels: taken } = scoredRows(labels, 4);
  assertEquals([...scored.data], [0, 1, 2, 4]);
  assertEquals([...taken.data], [-100, 5, -100, 7]);
  assertEquals([...scoredRows(labels, 2).scored.data], [1, 4]);
  assertThrows(() => scoredRows(labels, 1), RangeError, "Cannot score 2 of 6 rows: there is room for 1");
  assertThrows(() => scoredRows(labels, 7), RangeError, "room for 7");
});
