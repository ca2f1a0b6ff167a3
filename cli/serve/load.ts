/** Loads the served models on one device. */
import { WebGpuDevice } from "../../kernels/mod.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import type { Device } from "../../src/op/device.ts";
import type { TextEngine } from "../../src/infer/engine/api.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import type { Opened } from "../support/device.ts";
import { note } from "../support/command.ts";
import { demandTokenizer, loadModel } from "../support/model.ts";
import { type ChatTemplate, loadChatTemplate } from "./chat_template.ts";
import type { Health } from "./refusal.ts";
import { ServedEngine } from "./served_engine.ts";
import type { ServedDecoder, ServedEncoder, ServedModel } from "./service.ts";

/** Loads checkpoints by folder name. Throws an error of one line for a checkpoint that cannot be served. */
export async function loadServed(
  checkpoints: readonly string[],
  opened: Opened,
  makeEngine: (decoder: DecoderModel, stops: readonly number[]) => Promise<TextEngine & AsyncDisposable>,
): Promise<Map<string, ServedModel>> {
  const models = new Map<string, ServedModel>();
  for (const checkpoint of checkpoints) {
    const loaded = await loadModel({ model: checkpoint, device: opened });
    const { name: id } = loaded;
    const tokenizer = demandTokenizer(loaded);
    if (models.has(id)) throw new Error(`Cannot serve ${checkpoint}: there is another model named ${id}`);
    if (loaded.kind === "decoder") {
      const { model } = loaded;
      const { config } = model;
      const chat = await loadChatTemplate(openSource(checkpoint), (fault) => note(`No chat with ${id}: ${fault}`));
      const stops = [...config.eos, ...endOfTurn(chat, tokenizer)];
      const engine = await ServedEngine.of(() => makeEngine(model, stops));
      const tokenScores: ServedDecoder["tokenScores"] = inTurn((...args) => model.tokenScores(...args));
      models.set(id, { kind: "decoder", id, tokenizer, config, chat, engine, tokenScores });
      continue;
    }
    const { model, model: { sentence } } = loaded;
    const unit = !sentence || (sentence.steps.at(-1) === "normalize" && sentence.truncate === undefined);
    const options = sentence ? {} : { normalize: true };
    const embed: ServedEncoder["embed"] = inTurn(async (sequences, { name, onStart } = {}) => {
      onStart?.();
      return (await model.pooled(sequences, { ...options, name })).data;
    });
    const encode: Tokenizer["encode"] = (text, options) =>
      options?.bare ? tokenizer.encode(text, options) : model.idsOf(text);
    const config = { ...model.config, D: model.widthOf(options) };
    models.set(id, { kind: "encoder", id, tokenizer: { ...tokenizer, encode }, config, unit, underWay: 0, embed });
  }
  return models;
}

/** The end token of the tokenizer, which ends turns of a chat; often it is not among those of config.json. */
function endOfTurn(chat: ChatTemplate | string, tokenizer: Tokenizer): readonly number[] {
  if (typeof chat === "string" || !chat.special.eos_token) return [];
  const ids = tokenizer.encode(chat.special.eos_token, { bare: true });
  return ids.length === 1 ? ids : [];
}

/** Serialises the calls of a function: batches of concurrent requests run in turns. */
function inTurn<A extends unknown[], R>(call: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const result = last.then(() => call(...args));
    last = result.catch(() => {});
    return result;
  };
}

/** Watches the health of a device. The reference is always healthy. */
export function watchDevice(device: Device): Health {
  const health: Health = {};
  if (device instanceof WebGpuDevice) {
    device.device.lost.then(({ reason, message }) => health.fault = `the device was lost (${reason}): ${message}`);
  }
  return health;
}
