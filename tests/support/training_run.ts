/**
 * Small training runs in a folder, stopped or killed where a test wants it.
 *
 * @module
 */
import { parseLog } from "../../src/train/run/log_lines.ts";
import type { Device, HostTensor } from "../../src/op/device.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { decoderJson } from "../../src/model/config/decoder_json.ts";
import { uniforms } from "../../src/common/random.ts";
import { checkpointFolder, checkpointSteps, readCheckpoint } from "../../src/train/run/checkpoints.ts";
import { TrainingLog } from "../../src/train/run/log.ts";
import { TrainingRun } from "../../src/train/run/run.ts";
import { schemaOf, startingWeights } from "../../src/train/run/start.ts";
import { openTask } from "../../src/train/run/task.ts";
import { modelJson } from "../../src/train/config/special.ts";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { settingsOf } from "../../src/train/config/settings.ts";
import type { TokenReader } from "../../src/train/data/reader.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { smallDecoder } from "./models.ts";

/** A routed decoder with experts and their jitter, as a training configuration without `out`. */
export const smallTraining: Json = {
  model: decoderJson(smallDecoder({
    num_hidden_layers: 4,
    recursion: { sharing: "middle_cycle", num_recursions: 2, routing: "expert" },
    mol: { layers: [1], num_experts: 2, top_k: 1, lora_rank: 2, lora_alpha: 4, router_jitter_noise: 0.1 },
    loss_coefficients: { router_aux: 0.1, mol_balance: 0.1 },
  })),
  data: { train: ["texts"], tokenizer: "tokenizer.json", sequence_length: 8, batch: 2, accumulate: 2 },
  optimizer: { learning_rate: 1e-2, average: 0.9 },
  capacity_warmup: 6,
  steps: 11,
  log_every: 3,
  save_every: 4,
  evaluate_every: 5,
  evaluate_batches: 2,
};

/** A stream of random ids that follow one another more often than not. */
function someTokens(seed: number, tokens: number, V = 29): TokenReader {
  const uniform = uniforms(seed);
  const ids = Int32Array.from({ length: tokens }, (_, t) => uniform() < 0.7 ? t % V : Math.floor(V * uniform()));
  const read = (start: number, end: number) => Promise.resolve(ids.slice(start, end));
  return { tokens, documents: 1, bytes: 4 * tokens, vocabulary: V, endOfText: 0, read };
}

/** Where a session ends before the run does, in updates done. */
export interface Ending {
  /** As if by Ctrl-C. */
  readonly stop?: number;
  /** As if the process were killed after the reading that holds it. */
  readonly kill?: number;
  /** Name of a parameter whose weights are not numbers. */
  readonly poison?: string;
}

class Killed extends Error {}

/** One session of a run: from the newest checkpoint in the folder, if there is one. */
export async function session(device: Device, out: string, json: Json, { stop, kill, poison }: Ending = {}) {
  const config = readTrainingConfig({ ...json, out });
  const form = {
    schema: schemaOf(config.model),
    json: modelJson(config.model),
    tokenizer: {},
    averaged: config.optimizer.average > 0,
  };
  const [newest] = await checkpointSteps(out);
  const saved = newest === undefined ? undefined : await readCheckpoint<unknown>(checkpointFolder(out, newest), form);
  const texts = {
    train: someTokens(1, 400),
    heldOut: someTokens(2, 100),
    name: "some",
    marks: { mask: 1, begin: 2, end: 3, special: [1, 2, 3] },
  };
  const task = await openTask<never, unknown>(device as Device<never>, config, texts);
  await Deno.mkdir(out, { recursive: true });
  using log = await TrainingLog.open(`${out}/log.jsonl`, saved?.state.log ?? 0);
  const history = parseLog(await log.text());
  const { params } = await startingWeights(config);
  if (poison) {
    mapParams<HostTensor, void>(form.schema, ({ parts: [{ name }] }, { data }) => {
      if (name === poison) data[0] = NaN;
    }, params);
  }
  const settings = settingsOf(json, config);
  const parts = { device: device as Device<never>, config, settings, task, texts, form, log, history };
  const run = new TrainingRun<never, unknown>({ ...parts, from: saved ?? { params } });
  const controller = new AbortController();
  if (stop !== undefined && stop <= run.first) controller.abort();
  try {
    return await run.run(controller.signal, {
      onRead({ step }) {
        if (stop !== undefined && step >= stop) controller.abort();
        if (kill !== undefined && step >= kill) throw new Killed();
      },
    });
  } catch (error) {
    if (error instanceof Killed) return "killed";
    throw error;
  } finally {
    run.dispose();
  }
}

/** Every file of a finished run that must not depend on how it was interrupted, by name, in hexadecimal. */
export async function outcome(out: string): Promise<Record<string, string>> {
  const [last] = await checkpointSteps(out);
  const found: Record<string, string> = {};
  for (const name of ["model.safetensors", "optimizer.safetensors"]) {
    found[name] = (await Deno.readFile(`${checkpointFolder(out, last)}/${name}`)).toHex();
  }
  return { ...found, log: await Deno.readTextFile(`${out}/log.jsonl`) };
}
