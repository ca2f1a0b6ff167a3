/** The JSON files beside the weights that a run writes. */
import { readJson } from "../../src/checkpoint/json.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { Json } from "../../src/model/config/fields.ts";
import type { TrainingConfig } from "../../src/train/config/config.ts";
import { modelJson } from "../../src/train/config/special.ts";
import { markTokens } from "../../src/train/config/derive.ts";
import type { Corpus } from "../data/corpus.ts";

/**
 * The config.json of a run's model. Begin and end tokens that its source lacks are those of the run: the
 * end-of-text token in a decoder, the sequence marks in an encoder.
 */
export function runModelJson({ model, data }: TrainingConfig, { train: { endOfText }, tokenId }: Corpus): Json {
  const { begin, end } = markTokens(data);
  const [first, last] = model.kind === "decoder"
    ? [endOfText, endOfText]
    : [begin, end].map((token) => token === undefined ? undefined : tokenId(token));
  const ids = model.kind === "decoder" ? { bos: first, eos: last } : { bos: first, eos: last, cls: first, sep: last };
  const absent = Object.entries(ids).filter(([name, id]) =>
    id !== undefined && (model.source?.[`${name}_token_id`] ?? undefined) === undefined
  );
  return { ...modelJson(model), ...Object.fromEntries(absent.map(([name, id]) => [`${name}_token_id`, id])) };
}

/** The generation settings of the initial checkpoint, with the begin and end tokens of the run's model. */
export async function generationFile({ start, model }: TrainingConfig, json: Json): Promise<Record<string, Json>> {
  const name = "generation_config.json";
  if (!start || model.kind === "encoder") return {};
  const source = openSource(start.from);
  if (!await source.has(name)) return {};
  const { bos_token_id, eos_token_id } = json;
  return { [name]: { ...await readJson(source, name), bos_token_id, eos_token_id } };
}
