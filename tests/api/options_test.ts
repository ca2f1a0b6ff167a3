/** Every public options type is checked at run time: a misspelt option, and a value of another type. */
import { assertEquals, assertRejects } from "@std/assert";
import { CausalLM, Decoder, Encoder, learningRate, loadModel, MaskedLM, openDevice, Trainer } from "../../mod.ts";
import { sampleDocuments } from "../../src/infer/corpus.ts";
import { decoder, device, encoder, folder } from "./story_models.ts";

const optimizer = { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0, clip: 1, ema: 0 };
const training = { optimizer, accumulate: 1, logEvery: 1, remat: "none", biasRate: 0 };
const schedule = { kind: "constant", peak: 1, steps: 5, warmup: 1 };

// deno-lint-ignore no-explicit-any
type Call = (options: any) => unknown;

/** For every options type: a function that takes it, options that are right, and values that are not. */
const TABLE: Record<string, { call: Call; right?: object; wrong: Record<string, unknown> }> = {
  OpenOptions: { call: (options) => openDevice("reference", options), wrong: { device: 5, gpu: "any" } },
  DeviceOptions: {
    call: (options) => Decoder.create(decoder.config, { device, ...options }),
    wrong: { device: "gpu", tokenizer: 1 },
  },
  CreateOptions: { call: (options) => Encoder.create(encoder.config, { device, ...options }), wrong: { seed: "1" } },
  LoadOptions: {
    call: (options) => loadModel(`${folder}/decoder`, options),
    wrong: {
      device: "gpu",
      tokenizer: "t",
      recursion: [],
      onProgress: {},
      signal: new AbortController(),
      config: 1,
      token: 1,
      ...{ endpoint: 1, cache: 1, offline: "1" },
    },
  },
  SaveOptions: { call: (options) => decoder.save(`${folder}/out`, options), wrong: { dtype: "f16", signal: 1 } },
  MergeOptions: { call: (options) => decoder.merge(options), wrong: { mode: "mean", weights: "0.5,0.5" } },
  ForwardOptions: {
    call: (options) => decoder.forward([[1]], options),
    wrong: { selection: "top-k", logits: 1, losses: "yes" },
  },
  EncoderForwardOptions: {
    call: (options) => encoder.forward([[1]], options),
    wrong: { logits: null, labels: [1] },
  },
  ScoreOptions: {
    call: (options) => decoder.score("The otter", [" liked"], options),
    wrong: { selection: "top-k", topLogProbs: "5", maxLength: "9", truncate: true, signal: 1 },
  },
  SelectionOptions: {
    call: (options) => decoder.score("The otter", [" liked"], options),
    wrong: { selection: "top-k", topLogProbs: "5", signal: 1 },
  },
  PerplexityOptions: {
    call: (options) => decoder.perplexity("The otter liked", options),
    wrong: { stride: "256", maxLength: null, selection: 1, topLogProbs: true },
  },
  GenerateOptions: {
    call: (options) => decoder.generate("The otter", { maxNewTokens: 1, ...options }).next(),
    wrong: {
      ...{ maxNewTokens: "60", temperature: "1", seed: null, maxDepth: [1], stop: "The end", signal: {} },
      ...{ truncate: "left", maxLength: "9", stopAfter: ".", topLogProbs: "5", logitsProcessor: {} },
      ...{ stopAfter: ".", topLogProbs: "5", logitsProcessor: {} },
      ...{ topK: "5", topP: true, minP: "0", repetitionPenalty: {} },
    },
  },
  EngineOptions: {
    call: (options) => decoder.engine({ slots: 1, ...options }),
    wrong: { slots: "8", maxBatch: null, exitBatch: true, cacheBytes: "1e6", depthCapacity: "some", stops: 3 },
  },
  CorpusOptions: {
    call: (options) => sampleDocuments(decoder.model, options).next(),
    right: { documents: 1, batch: 1, maxTokens: 4, seed: 1 },
    wrong: { documents: "1", batch: undefined, seed: "7", sampling: 1, onProgress: {}, signal: true },
  },
  WarmupOptions: { call: (options) => decoder.warmup(options), wrong: { onProgress: 1, signal: {} } },
  FillOptions: { call: (options) => encoder.fill("[MASK]", options), wrong: { candidates: "3" } },
  EncodeOptions: {
    call: (options) => encoder.encode(["a"], options),
    wrong: { pooling: "cls", normalize: "true", truncate: "both", maxLength: "9" },
  },
  TruncateOptions: { call: (options) => encoder.encode(["a"], options), wrong: { truncate: true, maxLength: null } },
  TrainerOptions: {
    call: (options) => new Trainer(device, new CausalLM(device, decoder.model.config, { rows: 4 }), options, {}),
    right: training,
    wrong: { optimizer: 1, accumulate: "1", logEvery: undefined, remat: "all", biasRate: null },
  },
  OptimizerConfig: {
    call: (optimizer) => {
      const objective = new CausalLM(device, decoder.model.config, { rows: 4 });
      return new Trainer(device, objective, { ...training, remat: "none", optimizer }, {});
    },
    right: optimizer,
    wrong: { beta1: "0.9", eps: undefined },
  },
  CausalLMOptions: {
    call: (options) => new CausalLM(device, decoder.model.config, options),
    right: { rows: 4 },
    wrong: { rows: undefined, factors: 1, teacher: "big", capacityWarmup: "1", selection: "top" },
  },
  MaskedLMOptions: {
    call: (options) => new MaskedLM(device, encoder.model.config, options),
    right: { scored: 4 },
    wrong: { scored: "4", factors: [], teacher: 1 },
  },
  Schedule: {
    call: (schedule) => learningRate(schedule, 1),
    right: schedule,
    wrong: { kind: "cosin", peak: "1", warmup: undefined, decay: "1", final: null },
  },
};

/** A name with a letter too many. */
const misspelt = (name: string) => `${name}s`;

for (const [type, { call, right = {}, wrong }] of Object.entries(TABLE)) {
  Deno.test(`${type}: a misspelt option is refused with the nearest name, a wrong value with the expected type`, async () => {
    const refusal = async (options: unknown) =>
      (await assertRejects(async () => await call(options), RangeError)).message;
    for (const [name, value] of Object.entries(wrong)) {
      const unknown = await refusal({ ...right, [misspelt(name)]: 1 });
      const found = `^Cannot .+: there is no option "${misspelt(name)}", the nearest one is ${name}$`;
      assertEquals(new RegExp(found).test(unknown), true, unknown);
      const other = await refusal({ ...right, [name]: value });
      assertEquals(new RegExp(`^Cannot .+: ${name} is .+, expected `, "s").test(other), true, other);
    }
  });
}

Deno.test("every options type of mod.ts is in the table", async () => {
  const source = await Deno.readTextFile(new URL("../../mod.ts", import.meta.url));
  const types = [...source.matchAll(/\b\w+(?:Options|OptimizerConfig|Schedule)\b|\bOptimizerConfig\b|\bSchedule\b/g)];
  assertEquals([...new Set(types.map(([name]) => name))].filter((name) => !(name in TABLE)), []);
});
