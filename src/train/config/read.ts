/**
 * Reads and checks a training configuration before any work starts.
 *
 * @module
 */
import { LEAST_SIZE, MOST_SIZE } from "../../common/float32.ts";
import { nearest } from "../../common/words.ts";
import { Fields, type Json } from "../../model/config/fields.ts";
import type { LossFactors } from "../gradients.ts";
import { checkSchedule, type Schedule } from "../schedule.ts";
import type { OptimizerConfig } from "../update.ts";
import type { StartMethod, TeacherConfig, TrainingConfig } from "./config.ts";
import { type ConfigOptions, readData } from "./data.ts";
import { fallbackOf, trainingKeys } from "./keys.ts";
import { readModel } from "./model.ts";

/** Name of the configuration in error messages. */
const PATH = "training";

const METHODS: readonly StartMethod[] = [
  "copy",
  ...["stepwise", "average", "lower", "upper", "random"] as const,
  ...["teacher_layers", "teacher_mean"] as const,
];

const POSITIVE = { fraction: true, least: LEAST_SIZE, most: MOST_SIZE };
const SHARE = { fraction: true, most: 1 };
const DECAY = { fraction: true, most: 1 - Number.EPSILON };

/**
 * Reads a training configuration. `json.model` is an object; a caller that reads files puts the content of config.json there.
 *
 * Throws a RangeError that names the key, its value and what was expected; an unknown key gets the nearest known one.
 *
 * ```ts
 * import { readTrainingConfig } from "@refrain/transformers/train";
 * const model = { hidden_size: 64, intermediate_size: 96, vocab_size: 512, num_attention_heads: 4, num_hidden_layers: 5 };
 * const data = { train: ["stories.txt"], tokenizer: { train: 512 }, sequence_length: 128, batch: 8 };
 * const config = readTrainingConfig({ model, data, optimizer: { learning_rate: 2e-3 }, steps: 1000, out: "run" });
 * ```
 */
export function readTrainingConfig(
  json: Json,
  { resolve = (path) => path }: Partial<ConfigOptions> = {},
): TrainingConfig {
  const fields = new Fields(json, PATH);
  refuseUnknown(json, "");
  const objective = fields.choice("objective", ["next_token", "masked"], fallbackOf("objective"));
  const model = readModel(fields.object("model"), objective);
  const data = readData(requiredObject(fields, "data"), { resolve });
  fields.check(
    data.T <= model.config.maxPositions,
    () => `${PATH}.data.sequence_length is ${data.T}, the model has ${model.config.maxPositions} positions`,
  );
  const { tokenizer } = data;
  fields.check(
    "path" in tokenizer || tokenizer.train <= model.config.V,
    () =>
      `${PATH}.data.tokenizer is to have ${(tokenizer as { train: number }).train} tokens, the model ${model.config.V}`,
  );
  const steps = fields.count("steps");
  const optimizer = requiredObject(fields, "optimizer");
  return {
    model,
    objective,
    maskShare: fields.number("mask_share", fallbackOf("mask_share"), { fraction: true, least: 0.01, most: 0.99 }),
    start: readStart(fields.object("start"), resolve),
    teacher: readTeacher(fields.object("teacher"), objective, resolve),
    data,
    optimizer: readOptimizer(optimizer),
    schedule: readSchedule(fields.object("schedule") ?? new Fields({}, `${PATH}.schedule`), optimizer, steps),
    factors: readFactors(fields.object("losses")),
    capacityWarmup: fields.number("capacity_warmup", fallbackOf("capacity_warmup")),
    biasRate: fields.number("bias_rate", fallbackOf("bias_rate"), { fraction: true }),
    steps,
    seed: fields.number("seed", fallbackOf("seed"), { most: 2 ** 31 - 1 }),
    ...readRunning(fields),
    out: resolve(requiredText(fields, "out")),
  };
}

/** Settings that do not change the weights. */
function readRunning(fields: Fields) {
  return {
    device: fields.choice("device", ["webgpu", "reference"], fallbackOf("device")),
    remat: fields.choice("checkpoint", ["none", "recursion"], fallbackOf("checkpoint")),
    saveEvery: fields.count("save_every", fallbackOf("save_every")),
    keep: fields.count("keep", fallbackOf("keep")),
    logEvery: fields.count("log_every", fallbackOf("log_every"), 10_000),
    evaluateEvery: fields.number("evaluate_every", fallbackOf("evaluate_every")),
    evaluateBatches: fields.number("evaluate_batches", fallbackOf("evaluate_batches")),
    saveDtype: fields.choice("save_dtype", ["F32", "F16", "BF16"], fallbackOf("save_dtype")),
  };
}

/** Refuses unknown keys before missing ones: a misspelt key is reported as such. */
function refuseUnknown(json: Json, prefix: string): void {
  const own = (key: string) => key.startsWith(prefix) ? [key.slice(prefix.length).split(".")[0]] : [];
  const known = new Set(Object.keys(trainingKeys).flatMap(own));
  for (const [key, value] of Object.entries(json)) {
    if (!known.has(key)) {
      const path = `${PATH}.${prefix}${key}`;
      throw new RangeError(
        `Cannot read the configuration: ${path} is unknown, the nearest known key is ${prefix}${nearest(key, known)}`,
      );
    }
    const below = `${prefix}${key}.`;
    const nested = Object.keys(trainingKeys).some((name) => name.startsWith(below));
    if (nested && typeof value === "object" && value !== null) refuseUnknown(value as Json, below);
  }
}

function requiredObject(fields: Fields, key: string): Fields {
  fields.check(fields.has(key), () => `${fields.path}.${key} is missing`);
  return fields.object(key)!;
}

function requiredText(fields: Fields, key: string): string {
  fields.check(fields.has(key), () => `${fields.path}.${key} is missing`);
  return fields.text(key)!;
}

function readStart(fields: Fields | undefined, resolve: ConfigOptions["resolve"]): TrainingConfig["start"] {
  if (!fields) return undefined;
  const method = fields.choice("method", METHODS, fallbackOf("start.method"));
  return { from: resolve(requiredText(fields, "from")), method };
}

function readTeacher(
  fields: Fields | undefined,
  objective: string,
  resolve: ConfigOptions["resolve"],
): TeacherConfig | undefined {
  if (!fields) return undefined;
  const factor = (key: "divergence" | "cosine") => fields.number(key, fallbackOf(`teacher.${key}`), { fraction: true });
  const teacher = {
    from: resolve(requiredText(fields, "from")),
    divergence: factor("divergence"),
    temperature: fields.number("temperature", fallbackOf("teacher.temperature"), POSITIVE),
    cosine: factor("cosine"),
  };
  fields.check(teacher.cosine === 0 || objective === "masked", () => `${fields.path}.cosine needs objective "masked"`);
  return teacher;
}

function readOptimizer(fields: Fields): OptimizerConfig {
  return {
    beta1: fields.number("beta1", fallbackOf("optimizer.beta1"), DECAY),
    beta2: fields.number("beta2", fallbackOf("optimizer.beta2"), DECAY),
    eps: fields.number("eps", fallbackOf("optimizer.eps"), POSITIVE),
    decay: fields.number("weight_decay", fallbackOf("optimizer.weight_decay"), { fraction: true }),
    clip: fields.number("clip", fallbackOf("optimizer.clip"), { fraction: true }),
    ema: fields.number("average", fallbackOf("optimizer.average"), DECAY),
  };
}

function readSchedule(fields: Fields, optimizer: Fields, steps: number): Schedule {
  const kinds = ["constant", "linear", "cosine", "trapezoid"] as const;
  const schedule: Schedule = {
    kind: fields.choice("kind", kinds, fallbackOf("schedule.kind")),
    peak: optimizer.number("learning_rate", undefined, POSITIVE),
    steps,
    warmup: fields.number("warmup", fallbackOf("schedule.warmup")),
    decay: fields.number("decay", fallbackOf("schedule.decay"), SHARE),
    final: fields.number("final", fallbackOf("schedule.final"), SHARE),
  };
  checkSchedule(schedule);
  return schedule;
}

function readFactors(fields: Fields | undefined): LossFactors {
  const factor = (key: string) => fields?.has(key) ? fields.number(key, undefined, { fraction: true }) : undefined;
  const factors = {
    routerAux: factor("router_aux"),
    routerZ: factor("router_z"),
    routerBalance: factor("router_balance"),
    molBalance: factor("mol_balance"),
  };
  return Object.fromEntries(Object.entries(factors).filter(([, value]) => value !== undefined));
}
