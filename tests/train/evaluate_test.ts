// Held-out evaluation: it is the model's own loss on the same windows, whatever the batches, under both selections.
import fc from "fast-check";
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { Device, HostTensor } from "../../src/op/device.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { upload } from "../../src/model/upload.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { maskedBatches } from "../../src/train/data/masking.ts";
import { nextTokenBatches } from "../../src/train/data/next_token.ts";
import { bitsPerByte, Evaluator } from "../../src/train/evaluate.ts";
import { MaskedLM } from "../../src/train/masked_lm.ts";
import { CausalLM } from "../../src/train/causal_lm.ts";
import { smallDecoder, smallEncoder, someIds, spreadWeights } from "../support/models.ts";
import { gpuTest } from "../support/gpu.ts";
import { inMemory, sequences } from "./data/support.ts";

const mol = { layers: [1], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4 };
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 };
const config = smallDecoder({ recursion, mol });
const reference = () => new ReferenceDevice("f64");
const stream = (tokens: number, seed = 5) => inMemory([someIds(seed, tokens - 1, 28)], 29);

/** −log softmax of a label at a row of logits [M, V], in double. */
function nll({ data, shape: [, V] }: HostTensor, row: number, label: number): number {
  const scores = Array.from(data.subarray(row * V, (row + 1) * V));
  return Math.log(scores.reduce((total, z) => total + Math.exp(z), 0)) - scores[label];
}

/** Evaluates a decoder of spread weights. */
async function evaluate(
  device: Device,
  tokens: number,
  { B, T }: { B: number; T: number },
  selection: "topk" | "threshold",
) {
  const params = upload(device, decoderSchema(config), spreadWeights(decoderSchema(config), 3));
  const objective = new CausalLM(device, config, { rows: B * T, selection });
  const batches = nextTokenBatches(stream(tokens), { B, T });
  return { ...await new Evaluator(device, objective, params).evaluate(batches), batches };
}

for (const selection of ["topk", "threshold"] as const) {
  Deno.test(`evaluate ${selection}: equals the decoder's own log-probabilities, window by window`, async () => {
    const law = fc.record({ tokens: fc.integer({ min: 2, max: 60 }), B: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(law, async ({ tokens, B }) => {
        const device = reference();
        const model = new DecoderModel(device, config, spreadWeights(decoderSchema(config), 3));
        const { nats, tokens: counted, routing, batches } = await evaluate(device, tokens, { B, T: 10 }, selection);
        let sum = 0, rows = 0;
        const depths = [0, 0, 0, 0];
        for (let step = 0; step < batches.batches; step++) {
          for (const { ids, labels } of await sequences(batches, step)) {
            const { logits, depth } = await model.forward([ids], { selection, logits: true });
            labels.forEach((label, t) => {
              if (label < 0) return;
              const scores = [...logits!.data.subarray(t * 29, (t + 1) * 29)];
              sum += Math.log(scores.reduce((total, z) => total + Math.exp(z), 0)) - scores[label];
              rows++;
              depths[depth[t]]++;
            });
          }
        }
        assertEquals(counted, tokens);
        assertAlmostEquals(nats, sum / rows, 1e-6); // weights travel as float32, the sum is double
        assertEquals(routing!.rows, rows);
        routing!.depth!.shares.forEach((share, d) => assertAlmostEquals(share, depths[d] / rows, 1e-12));
        assertEquals(routing!.agreement === undefined, selection === "threshold");
      }),
      { numRuns: 8 },
    );
  });
}

Deno.test("evaluate: a window's loss is that of DecoderModel.forward", async () => {
  const device = reference();
  const model = new DecoderModel(device, config, spreadWeights(decoderSchema(config), 3));
  for (const selection of ["topk", "threshold"] as const) {
    const { nats, batches } = await evaluate(device, 12, { B: 1, T: 12 }, selection);
    const [{ ids, labels }] = await sequences(batches, 0);
    // forward scores row t by token t + 1 and leaves the last row out: label 12 is the one it does not know
    const { losses, logits } = await model.forward([ids], { selection, losses: true, logits: true });
    assertAlmostEquals(nats * 12, losses!.lm * 11 + nll(logits!, 11, labels[11]), 1e-6);
  }
});

Deno.test("evaluate masked: equals the encoder's loss over all labels; experts are counted", async () => {
  const device = reference();
  const encoder = smallEncoder();
  const weights = spreadWeights<never>(encoderSchema(encoder), 3);
  const batches = maskedBatches(inMemory([someIds(2, 50, 28)], 31), { B: 2, T: 8, seed: 1, mask: 29, special: [] });
  const objective = new MaskedLM(device, encoder, { scored: 6 });
  const params = upload(device, encoderSchema(encoder), weights);
  const { nats, tokens, routing } = await new Evaluator(device, objective, params as never).evaluate(batches);
  const model = new EncoderModel(device, encoder, weights);
  let sum = 0, labelled = 0;
  for (let step = 0; step < batches.batches; step++) {
    for (const { ids, labels } of await sequences(batches, step)) {
      const { logits } = await model.forward([ids], { logits: true });
      labels.forEach((label, t) => {
        if (label < 0) return;
        sum += nll(logits!, t, label);
        labelled++;
      });
    }
  }
  assertEquals(tokens, labelled);
  assertAlmostEquals(nats, sum / labelled, 1e-6);
  assertEquals(routing!.experts!.map(({ shares }) => shares.length), [3]);
});

Deno.test("evaluate: stops at `most` and at a signal, and refuses batches without labels", async () => {
  const device = reference();
  const params = upload(device, decoderSchema(config), spreadWeights(decoderSchema(config), 3));
  const evaluator = new Evaluator(device, new CausalLM(device, config, { rows: 10 }), params);
  const batches = nextTokenBatches(stream(40), { B: 1, T: 10 });
  assertEquals((await evaluator.evaluate(batches, { most: 2 })).tokens, 20);
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => evaluator.evaluate(batches, { signal }), Error, "enough");
  await assertRejects(() => evaluator.evaluate(batches, { most: 0 }), RangeError, "no labels");
});

Deno.test("bits per byte: one bit a byte is ln 2 nats a token of one byte", () => {
  assertEquals(bitsPerByte(Math.LN2, 100, 100), 1);
  assertAlmostEquals(bitsPerByte(2, 10, 40), 20 / Math.LN2 / 40, 1e-15);
});

gpuTest("evaluate: the kernels' loss is the reference's", async (gpu) => {
  for (const selection of ["topk", "threshold"] as const) {
    const [a, b] = [
      await evaluate(gpu, 47, { B: 2, T: 10 }, selection),
      await evaluate(reference(), 47, { B: 2, T: 10 }, selection),
    ];
    assertAlmostEquals(a.nats, b.nats, 1e-4 * b.nats);
    assertEquals(a.routing!.depth, b.routing!.depth);
  }
});
