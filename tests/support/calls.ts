/**
 * Every public call that needs a device, on tiny models: for tables of calls and states.
 *
 * @module
 */
import { type Device, hostTensor } from "../../src/op/device.ts";
import { activation } from "../../src/ops/activation.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import type { EncoderModel } from "../../src/infer/encoder.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { fill } from "../../src/infer/fill.ts";
import { sampleDocuments } from "../../src/infer/corpus.ts";
import { generate } from "../../src/infer/generate.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { Evaluator } from "../../src/train/evaluate.ts";
import { CausalLM } from "../../src/train/causal_lm.ts";
import { decoderOn, encoderOn, smallDecoder, spreadWeights } from "./models.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";

import { decoderTrainer, someBatch } from "./training.ts";

const tokenizer = {
  encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0) % 29),
  decode: (ids: readonly number[]) => String.fromCharCode(...ids.map((id) => 97 + id)),
  mask: { text: "m", id: "m".charCodeAt(0) % 29 },
};
const json = { num_hidden_layers: 2, bos_token_id: 1, eos_token_id: 2 };
const x = hostTensor([1, 2], [1, 2]);
const batch = someBatch(1, { B: 1, T: 4, V: 29 });

/** What calls work on, ready before a device is lost or disposed. */
export async function subjects(device: Device) {
  const config = smallDecoder(json);
  const decoder = new DecoderModel(device, config, spreadWeights(decoderSchema(config), 1), tokenizer);
  const bare = encoderOn(device, { num_hidden_layers: 2 });
  const encoder = Object.assign(bare, { tokenizer }) as EncoderModel;
  const program = device.compile(({ x }) => ({ y: activation(device, x, "square") }));
  await program({ x });
  const trainer = decoderTrainer(device, config, { rows: 4 }, { logEvery: 4 });
  await trainer.read(0, [batch], 1e-3);
  const engine = await Engine.open(decoder, { slots: 1 });
  return {
    device,
    decoder,
    encoder,
    program,
    tensor: device.from(x),
    trainer: trainer as Trainer<never, never>,
    engine,
  };
}

/** What calls work on. */
export type Subjects = Awaited<ReturnType<typeof subjects>>;

const whole = <T>(stream: AsyncIterable<T>) => Array.fromAsync(stream);
const windows = { windows: 1, batches: 1, batch: () => Promise.resolve(batch) };

/** Calls that need the device itself. */
export const deviceCalls: Readonly<Record<string, (s: Subjects) => unknown>> = {
  from: ({ device }) => device.from(x),
  run: ({ device, tensor }) => activation(device, tensor, "relu"),
  read: ({ device, tensor }) => device.read({ tensor }),
  "read of nothing": ({ device }) => device.read({}),
  ready: ({ device, tensor }) => device.ready([tensor]),
  compile: ({ device }) => device.compile(() => ({})),
  program: ({ program }) => program({ x }),
  start: ({ program }) => program.start({ x }),
  "trainer.start": ({ trainer }) => trainer.start(1, [batch], 1e-3),
  "trainer.read": ({ trainer }) => trainer.read(1, [batch], 1e-3),
  "trainer.weights": ({ trainer }) => trainer.weights(),
  "trainer.state": ({ trainer }) => trainer.state(),
  "new Trainer": ({ device, decoder }) => decoderTrainer(device, decoder.config, { rows: 4 }),
  evaluate: ({ device, decoder }) =>
    new Evaluator(device, new CausalLM(device, decoder.config, { rows: 4 }), decoder.params).evaluate(windows),
  "new DecoderModel": ({ device }) => decoderOn(device, json),
  "new EncoderModel": ({ device }) => encoderOn(device),
};

/** Calls that need a decoder. */
export const decoderCalls: Readonly<Record<string, (s: Subjects) => unknown>> = {
  forward: ({ decoder }) => decoder.forward([[1, 2]]),
  "forward with logits and losses": ({ decoder }) => decoder.forward([[1, 2]], { logits: true, losses: true }),
  gradients: ({ decoder }) => decoder.gradients([[1, 2]]),
  weights: ({ decoder }) => decoder.weights(),
  generate: ({ decoder }) => whole(generate(decoder, "abc", { maxNewTokens: 2 })),
  "generate nothing": ({ decoder }) => whole(generate(decoder, "abc", { maxNewTokens: 0 })),
  "generate several": ({ decoder }) => whole(generate(decoder, [[1], [2]], { maxNewTokens: 2 })),
  sampleDocuments: ({ decoder }) => whole(sampleDocuments(decoder, { documents: 1, batch: 1, maxTokens: 4, seed: 1 })),
  "Engine.open": ({ decoder }) => Engine.open(decoder, { slots: 1 }),
  "engine.submit": async ({ engine }) => await whole(engine.submit([1, 2], { maxNewTokens: 2 })),
  "engine.submit with penalty": async ({ engine }) =>
    await whole(engine.submit([1, 2], { maxNewTokens: 2, repetitionPenalty: 1.2 })),
};

/** Calls that need an encoder. */
export const encoderCalls: Readonly<Record<string, (s: Subjects) => unknown>> = {
  "encoder.forward": ({ encoder }) => encoder.forward([[1, 2]]),
  "encoder.forward with labels": ({ encoder }) => encoder.forward([[1, 2]], { logits: true, labels: [[1, 2]] }),
  "encoder.gradients": ({ encoder }) => encoder.gradients([[1, 2]], [[1, 2]]),
  logitsAt: ({ encoder }) => encoder.logitsAt([1, 2], [0]),
  pooled: ({ encoder }) => encoder.pooled([[1, 2]]),
  encode: ({ encoder }) => encoder.encode(["ab"]),
  fill: ({ encoder }) => fill(encoder, "am"),
  "encoder.merge": ({ encoder }) => encoder.merge(),
  "encoder.weights": ({ encoder }) => encoder.weights(),
};

/** Calls that end something: they never throw. */
export const endings: Readonly<Record<string, (s: Subjects) => unknown>> = {
  free: ({ device, tensor }) => device.free(tensor),
  "program.dispose": ({ program }) => program.dispose(),
  "trainer.close": ({ trainer }) => trainer.close(),
  "engine.status": ({ engine }) => engine.status(),
  "engine.dispose": ({ engine }) => engine[Symbol.asyncDispose](),
  "decoder.dispose": ({ decoder }) => decoder.dispose(),
  "encoder.dispose": ({ encoder }) => encoder.dispose(),
  "device.dispose": ({ device }) => device[Symbol.asyncDispose](),
};
