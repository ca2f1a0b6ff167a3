/**
 * Stand-ins for the shipped models: as small as can be, with a tokenizer learned from one story and random weights.
 *
 * @module
 */
import { saveModel } from "../../src/checkpoint/save.ts";
import { decoderJson } from "../../src/model/config/decoder_json.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderJson } from "../../src/model/config/encoder_json.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { countWords } from "../../src/train/data/bpe.ts";
import { tokenizerConfig, trainTokenizer } from "../../src/train/data/tokenizer_json.ts";
import { smallDecoder, smallEncoder, spreadWeights } from "./models.ts";

/** What the tokenizer learns from. */
export const STORY =
  "Once upon a time there was a little otter. The otter liked the river, and the river liked the otter.\n";

/** Size of its vocabulary. */
export const V = 276;
const special = ["<|endoftext|>", "[PAD]", "[MASK]", "[CLS]", "[SEP]"];
const tokens = { special, begin: "[CLS]", end: "[SEP]", mask: "[MASK]" };

/** A tokenizer of the story. */
export function tokenizerFiles(): Record<string, Uint8Array[]> {
  const counts = new Map<string, number>();
  countWords(STORY, counts);
  const file = (json: unknown) => [new TextEncoder().encode(JSON.stringify(json))];
  const json = file(trainTokenizer(counts, V, tokens));
  return { "tokenizer.json": json, "tokenizer_config.json": file(tokenizerConfig(tokens)) };
}

/** Writes a routed decoder with three recursions and experts. */
export async function saveStoryDecoder(folder: string): Promise<void> {
  const config = smallDecoder({
    vocab_size: V,
    recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert" },
    mol: { layers: [1], num_experts: 3, top_k: 2, lora_rank: 2 },
  });
  const schema = decoderSchema(config);
  const params = spreadWeights(schema, 3);
  await saveModel(folder, { json: decoderJson(config), schema, params, extraFiles: tokenizerFiles() });
}

/** Writes an encoder with experts, and text that was held out. */
export async function saveStoryEncoder(folder: string): Promise<void> {
  const config = smallEncoder({ vocab_size: V });
  const schema = encoderSchema(config);
  const heldOut = { "held_out.txt": [new TextEncoder().encode(`${STORY}\n<|endoftext|>\n${STORY}`)] };
  const extraFiles = { ...tokenizerFiles(), ...heldOut };
  await saveModel(folder, { json: encoderJson(config), schema, params: spreadWeights(schema, 5), extraFiles });
}
