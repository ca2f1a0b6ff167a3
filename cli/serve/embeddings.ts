/** `POST /v1/embeddings`. */
import { Buffer } from "node:buffer";
import type { Fields } from "../../src/model/config/fields.ts";
import { encodeText } from "../../src/infer/tokenizer.ts";
import { breathe } from "../support/command.ts";
import { batches, fits } from "../support/text.ts";
import { readBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { abortedBecause } from "./refusal.ts";
import { acceptHarmless, acceptUser, EMBEDDING_HARMLESS } from "./harmless.ts";
import { sequencesOf } from "./sequences.ts";
import { admit, findModel, type ServedEncoder, type Service } from "./service.ts";

/** Maximum number of texts of a request. */
export const MOST_INPUTS = 2048;

/** Maximum tokens and texts of a batch. */
const BATCH = { tokens: 2048, most: 64 };

/** Computes one vector for each text, of unit length unless the model declares others. Throws a Refusal, and RangeErrors about the request. */
export async function embed(exchange: Exchange, service: Service): Promise<Response> {
  const fields = await readBody(exchange.request, service.limits, "embed the texts");
  fields.check(fields.has("model"), () => "body.model is missing", "model");
  const model = findModel(service, fields.text("model")!, "encoder");
  const inputs = sequencesOf(fields, "input", MOST_INPUTS);
  const write = readFormat(fields);
  const dimensions = fields.count("dimensions", model.config.D, model.config.D);
  acceptUser(fields);
  acceptHarmless(fields, EMBEDDING_HARMLESS);
  fields.noOthers();
  admit(service, model.underWay, 1);
  const sequences = inputs.map((input, i) => {
    const ids = typeof input === "string" ? encodeText(model.tokenizer, input) : input;
    return fits(model.config, { name: `input ${i + 1}`, ids });
  });
  const tokens = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  exchange.accept(model.id, tokens);
  const vectors = await vectorsOf(model, sequences, exchange);
  const data = vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: write(shortened(vector, dimensions, model)),
  }));
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return Response.json({ object: "list", data, model: model.id, usage });
}

async function vectorsOf(
  model: ServedEncoder,
  sequences: readonly { readonly name: string; readonly ids: readonly number[] }[],
  { request: { signal }, metrics }: Exchange,
): Promise<Float32Array[]> {
  const { config: { D } } = model, asked = performance.now();
  const vectors: Float32Array[] = [];
  const onStart = () => {
    if (vectors.length === 0) metrics.queued(model.id, (performance.now() - asked) / 1000);
  };
  model.underWay++;
  try {
    for (const batch of batches(sequences, BATCH)) {
      await breathe();
      if (signal.aborted) throw abortedBecause(signal);
      const all = Float32Array.from(
        await model.embed(batch.map(({ ids }) => ids), { name: (b) => batch[b].name, onStart }),
      );
      batch.forEach((_, b) => vectors.push(all.subarray(b * D, (b + 1) * D)));
    }
    return vectors;
  } finally {
    model.underWay--;
  }
}

/** The first numbers of a vector, of unit length again where the vectors of the model have unit length. */
function shortened(vector: Float32Array, dimensions: number, { unit }: ServedEncoder): Float32Array {
  if (dimensions === vector.length) return vector;
  const part = vector.slice(0, dimensions);
  const length = Math.hypot(...part);
  return unit && length > 0 ? part.map((x) => x / length) : part;
}

/** Format of vectors: numbers, or little-endian float32 in base64. */
function readFormat(fields: Fields): (vector: Float32Array) => number[] | string {
  const format = fields.choice("encoding_format", ["float", "base64"], "float");
  if (format === "float") return (vector) => Array.from(vector);
  return ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
