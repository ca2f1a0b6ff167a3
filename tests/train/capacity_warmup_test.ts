// The capacity warm-up: only its own steps have room for more rows than the configuration's capacities.
import { assertEquals } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { Device } from "../../src/op/device.ts";
import type { Tensor } from "../../src/op/op.ts";
import { own } from "../support/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { smallDecoder } from "../support/models.ts";
import { decoderTrainer, someBatch, weightsOf } from "../support/training.ts";

const size = { B: 2, T: 9, V: 29 };
const rows = size.B * size.T;
const config = smallDecoder({
  recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 },
  loss_coefficients: { router_aux: 0.3 },
});
const batch = (step: number) => [someBatch(step, size)];

/** Room for the rows of each recursion in a step, and how many ran. */
async function roomAt<T extends Tensor>(trainer: ReturnType<typeof decoderTrainer<T>>, step: number) {
  const { routing: [routing] } = await trainer.read(step, batch(step), 1e-2);
  return routing.recursions.map(({ rows, offsets }) => [rows!.shape[0], offsets.data.at(-1)]);
}

/** The warm-up's program has room for all rows; the one after it for as many as the configuration keeps. */
async function replaced<T extends Tensor>(device: Device<T>): Promise<void> {
  const trainer = decoderTrainer(device, config, { rows, capacityWarmup: 2 });
  assertEquals(await roomAt(trainer, 0), [[18, 18], [18, 18], [18, 18]]);
  assertEquals(await roomAt(trainer, 1), [[18, 18], [18, 2 * 7], [18, 2 * 6]]); // ⌊9·5/6⌋, ⌊9·2/3⌋
  assertEquals(await roomAt(trainer, 2), [[18, 18], [2 * 6 + 2, 2 * 6], [2 * 3 + 2, 2 * 3]]);
}

Deno.test("capacity warm-up: only its own program has room for all rows", () => replaced(new ReferenceDevice("f64")));
gpuTest("capacity warm-up: WebGPU records another program after it", (gpu) => replaced(own(gpu)));

Deno.test("capacity warm-up: the larger row bound alone changes no weight", async () => {
  const [plain, roomy] = [0, 1].map(() => decoderTrainer(new ReferenceDevice("f64"), config, { rows }));
  const host = roomy.objective.host.bind(roomy.objective);
  roomy.objective.host = (...given) => {
    const inputs = host(...given);
    return { ...inputs, capacity: { ...inputs.capacity!, warming: true } };
  };
  assertEquals(await roomAt(plain, 0), [[18, 18], [14, 12], [8, 6]]);
  assertEquals(await roomAt(roomy, 0), [[18, 18], [18, 12], [18, 6]]);
  assertEquals(await weightsOf(roomy), await weightsOf(plain));
});
