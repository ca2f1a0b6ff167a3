// A failed run stops with the step, the tensor and the last good checkpoint.
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { Device } from "../../src/op/device.ts";
import { DivergenceGuard } from "../../src/train/guard.ts";
import { own } from "../support/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { type Ending, session, smallTraining } from "../support/training_run.ts";

const reference = () => new ReferenceDevice();

/** Why a run stops; at a constant learning rate, after a session that ends first where one is given. */
async function stops(device: Device, learning_rate: number, ending: Ending, first?: Ending): Promise<string> {
  const out = await Deno.makeTempDir();
  const json = { ...smallTraining, optimizer: { learning_rate }, schedule: { kind: "constant" }, log_every: 1 };
  if (first) await session(device, out, json, first);
  const error = await assertRejects(() => session(device, out, json, ending), Error);
  await Deno.remove(out, { recursive: true });
  return error.message.replace(out, "OUT");
}

Deno.test("a NaN weight is named with the step", async () => {
  const poison = "model.layers.1.mlp.experts.in.lora_b";
  const reason = await stops(reference(), 1e-3, { poison });
  assert(reason.startsWith(`Cannot go on training: at step 1 the weight ${poison} is not finite (`), reason);
  assert(reason.endsWith("; there is no checkpoint yet"), reason);
});

Deno.test("a learning rate that is far too high stops at the first step whose gradients are not finite", async () => {
  const reason = await stops(reference(), 1e30, {}, { stop: 1 });
  assert(reason.includes("at step 2 the gradient of model.embed_tokens.weight is not finite"), reason);
  assert(reason.endsWith("; the last good checkpoint is OUT/checkpoint-000001"), reason);
});

gpuTest("WebGPU names a weight that is NaN", async (gpu) => {
  const reason = await stops(own(gpu), 1e-3, { poison: "model.norm.weight" });
  assert(reason.includes("at step 1 the weight model.norm.weight is not finite"), reason);
});

Deno.test("divergence: a window whose mean is more than a nat above the first window's and the uniform loss", () => {
  const V = 50, none = Math.log(V);
  const addAll = (losses: readonly number[], labels = 1024) => {
    const guard = new DivergenceGuard(V);
    return losses.map((loss) => guard.add(loss, labels));
  };
  assertEquals(addAll([none, 1, none + 1]), [undefined, undefined, undefined]);
  assertEquals(addAll([none, 1, none + 1.01])[2], { mean: none + 1.01, limit: none + 1 });
  assertEquals(addAll([none + 3, none + 4, none + 4.1])[2], { mean: none + 4.1, limit: none + 4 });
  const [, first, , later] = addAll([1, 3, none - 1, none + 4], 512); // two steps a window
  assertEquals([first, later], [undefined, { mean: none + 1.5, limit: none + 1 }]);
  const guard = new DivergenceGuard(V);
  for (let step = 0; step < 4; step++) {
    const few = step % 2 === 1; // a step with a single label of high loss
    assertEquals(guard.add(few ? none + 9 : 1, few ? 1 : 1023), undefined);
  }
});

Deno.test("divergence: losses below the uniform loss never stop a run", () => {
  const losses = fc.array(fc.double({ min: 0, max: Math.log(50), noNaN: true }), { maxLength: 60 });
  fc.assert(fc.property(losses, fc.integer({ min: 1, max: 4096 }), (losses, labels) => {
    const guard = new DivergenceGuard(50);
    return losses.every((loss) => guard.add(loss, labels) === undefined);
  }));
});
