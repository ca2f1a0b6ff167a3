/** Memory of a training step with and without recursions computed again: bytes of its intermediate tensors, by recursions. */
import { openWebGpu } from "../../kernels/mod.ts";
import { hostIndices } from "../../src/op/device.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { initialize } from "../../src/model/init.ts";
import { CausalLM } from "../../src/train/causal_lm.ts";
import { Trainer, type TrainerOptions } from "../../src/train/trainer.ts";

const [B, T, V] = [4, 128, 512];

/** Bytes that one step of a decoder with N recursions of two layers takes beside weights and optimizer. */
async function bytesOfStep(N: number, remat: TrainerOptions["remat"]): Promise<number> {
  await using device = await openWebGpu();
  const config = parseDecoderConfig({
    hidden_size: 128,
    intermediate_size: 384,
    vocab_size: V,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    num_hidden_layers: 2 + 2 * N,
    max_position_embeddings: T,
    recursion: { sharing: "middle_cycle", num_recursions: N },
  });
  const options: TrainerOptions = {
    optimizer: { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0, clip: 0, ema: 0 },
    accumulate: 1,
    logEvery: 1,
    remat,
    biasRate: 0,
  };
  const objective = new CausalLM(device, config, { rows: B * T });
  const trainer = new Trainer(device, objective, options, initialize(decoderSchema(config), 1));
  const ids = Int32Array.from({ length: B * T }, (_, row) => (7 * row) % V);
  const rows = {
    ids: hostIndices(ids),
    positions: hostIndices(ids.map((_, row) => row % T)),
    offsets: hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T)),
  };
  await trainer.read(0, [{ rows, labels: hostIndices(ids) }], 1e-3);
  return device.pool.bytes;
}

/** Prints a line for each number of recursions. */
export async function printMemory(): Promise<void> {
  console.log(
    `memory of a step beside weights and optimizer (D 128, F 384, V ${V}, batch ${B} × ${T}, 2 layers a recursion):`,
  );
  for (const N of [1, 2, 4, 8]) {
    const [kept, again] = [await bytesOfStep(N, "none"), await bytesOfStep(N, "recursion")];
    const text = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1).padStart(7)} MiB`;
    console.log(`  ${N} recursions: ${text(kept)} kept, ${text(again)} computed again`);
  }
}
