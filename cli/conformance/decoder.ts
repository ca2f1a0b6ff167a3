/**
 * The quantities of a decoder: training and inference forwards, and greedy generation.
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor, type HostTensors } from "../../src/op/device.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { DecoderModel, type DecoderResult } from "../../src/infer/decoder.ts";
import { generate } from "../../src/infer/generate.ts";
import { CACHED_LOGITS, cachedLogits } from "./cached.ts";
import { nameGradients } from "./gradients.ts";
import { padded, type Task } from "./task.ts";

type Named = Record<string, HostTensor>;

/** Runs a decoder on a device and names its quantities. */
export async function decoderQuantities(
  device: Device,
  { config, params }: { config: DecoderConfig; params: DecoderParams<HostTensor> },
  task: Task,
  greedy: boolean,
): Promise<HostTensors> {
  const model = new DecoderModel(device, { ...config, eos: [] }, params); // recorded generation has a fixed length
  const named: Named = {};
  try {
    if (task.wants("train.")) {
      const losses = task.wants("train.loss.");
      const result = await model.forward(task.sequences, { selection: "topk", logits: true, losses });
      nameForward(named, "train", result, task);
      nameLosses(named, result);
    }
    if (task.wants("grad.")) {
      nameGradients(named, decoderSchema(config), await model.gradients(task.sequences));
    }
    if (task.wants("infer.")) {
      nameForward(named, "infer", await model.forward(task.sequences, { logits: true }), task);
      if (greedy && config.recursion.kv !== "hybrid") {
        named[CACHED_LOGITS] = padded(await cachedLogits(model, task.sequences), task.sequences, task.width);
      }
    }
    if (task.continuation) await nameGeneration(named, model, task.continuation, greedy);
  } finally {
    model.dispose();
  }
  return named;
}

function nameForward(named: Named, part: string, result: DecoderResult, { sequences, width }: Task): void {
  const M = result.offsets[result.offsets.length - 1];
  const name = (quantity: string, tensor: HostTensor) =>
    named[`${part}.${quantity}`] = padded(tensor, sequences, width);
  name("hidden", result.hidden);
  name("logits", result.logits!);
  result.recursions.forEach(({ active, scores }, r) => {
    name(`active.${r}`, hostIndices(active));
    if (scores) name(`score.${r}`, { shape: [M], data: scores });
  });
  if (result.depthLogits) name("score.0", result.depthLogits);
}

function nameLosses(named: Named, { losses }: DecoderResult): void {
  if (!losses) return;
  const { lm, routerAux, routerZ, routerBalance, molBalance, total } = losses;
  const terms = {
    lm,
    router_aux: routerAux,
    router_z: routerZ,
    router_balance: routerBalance,
    mol_balance: molBalance,
    total,
  };
  for (const [term, value] of Object.entries(terms)) {
    named[`train.loss.${term}`] = { shape: [1], data: Float64Array.of(value) };
  }
}

/** Generates, then reads the logits and depths of every input row. */
async function nameGeneration(
  named: Named,
  model: DecoderModel,
  { prompt, ids: recorded }: NonNullable<Task["continuation"]>,
  greedy: boolean,
): Promise<void> {
  const ids = recorded.map((sequence) => sequence.slice(0, greedy ? prompt : sequence.length));
  const depths = ids.map((): number[] => []);
  if (greedy) {
    const prompts = ids.map((sequence) => sequence.slice());
    for await (const piece of generate(model, prompts, { maxNewTokens: recorded[0].length - prompt })) {
      ids[piece.prompt].push(piece.id);
      depths[piece.prompt].push(piece.depth);
    }
  }
  named["generate.ids"] = hostIndices(ids.flat(), [ids.length, ids[0].length]);
  const fed = ids.map((sequence) => sequence.slice(0, -1));
  const { logits, depth } = await model.forward(fed, { logits: true });
  const T = fed[0].length;
  depths.forEach((list, b) => depth.set(list, b * T + prompt - 1));
  named["generate.depth"] = hostIndices(depth, [fed.length, T]);
  const V = logits!.shape[1];
  const chose = fed.map((_, b) => logits!.data.subarray((b * T + prompt - 1) * V, (b + 1) * T * V));
  const data = new (logits!.data.constructor as Float64ArrayConstructor)(chose.length * chose[0].length);
  chose.forEach((rows, b) => data.set(rows, b * rows.length));
  named["generate.logits"] = { shape: [fed.length, T - prompt + 1, V], data };
}
