/** Served models, limits and health. */
import type { DecoderModel } from "../../src/infer/decoder.ts";
import type { TextEngine } from "../../src/infer/engine/api.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import type { Access } from "./access.ts";
import type { BodyLimits } from "./body.ts";
import type { ChatTemplate } from "./chat_template.ts";
import type { Log } from "./log.ts";
import { type Health, Refusal } from "./refusal.ts";

/** A served decoder. */
export interface ServedDecoder {
  /** Kind of model. */
  readonly kind: "decoder";
  /** Id in requests. */
  readonly id: string;
  /** Tokenizer. */
  readonly tokenizer: Tokenizer;
  /** Size of the vocabulary, and positions. */
  readonly config: { readonly V: number; readonly maxPositions: number };
  /** Its chat template, or the reason why it has none. */
  readonly chat: ChatTemplate | string;
  /** Engine of its completions. */
  readonly engine: TextEngine;
  /** Scores tokens of sequences, after the calls before it; as `DecoderModel.tokenScores`. */
  readonly tokenScores: DecoderModel["tokenScores"];
}

/** A served encoder. */
export interface ServedEncoder {
  /** Kind of model. */
  readonly kind: "encoder";
  /** Id in requests. */
  readonly id: string;
  /** Tokenizer. */
  readonly tokenizer: Tokenizer;
  /** Size of the vocabulary, positions, width of a vector. */
  readonly config: { readonly V: number; readonly maxPositions: number; readonly D: number };
  /** Whether vectors have unit length. */
  readonly unit: boolean;
  /** Number of running and waiting requests. */
  underWay: number;
  /** Computes one vector for each sequence of ids, [B, D], of unit length unless the model declares others. */
  embed(sequences: readonly (readonly number[])[], options?: EmbedOptions): Promise<ArrayLike<number>>;
}

/** Options of {@link ServedEncoder.embed}. */
export interface EmbedOptions {
  /** Names of sequences in errors. */
  readonly name?: (index: number) => string;
  /** Called when the computation starts, after those before it. */
  readonly onStart?: () => void;
}

/** A model and its kind. */
export type ServedModel = ServedDecoder | ServedEncoder;

/** Context of all routes. */
export interface Service {
  /** Models by id. */
  readonly models: ReadonlyMap<string, ServedModel>;
  /** Limits of request bodies, and of running and waiting requests of a model. */
  readonly limits: BodyLimits & { readonly requests: number };
  /** Start time in seconds since 1970. */
  readonly started: number;
  /** Health; the loss of a device and a failed engine are permanent. */
  readonly health: Health;
  /** Writes a record to the log. */
  readonly log: Log;
  /** Key and origins of clients; every client may use the server unless given. */
  readonly access?: Access;
}

/** A model of any kind. Throws a Refusal (404) for an unknown id. */
export function anyModel({ models }: Service, id: string): ServedModel {
  const model = models.get(id);
  if (!model) throw unknownModel(models, id);
  return model;
}

/** A model of the wanted kind. Throws a Refusal: 404 for an unknown id, 400 for a model of the other kind. */
export function findModel<K extends ServedModel["kind"]>(
  service: Service,
  id: string,
  wanted: K,
): Extract<ServedModel, { kind: K }> {
  const model = anyModel(service, id);
  if (model.kind === wanted) return model as Extract<ServedModel, { kind: K }>;
  const gives = { decoder: "completions", encoder: "embeddings" };
  throw new Refusal(400, `Cannot use the model ${id} here: it is a model for ${gives[model.kind]}`, { param: "model" });
}

/** The refusal of an unknown id. */
function unknownModel(models: Service["models"], id: string): Refusal {
  const message = `Cannot find the model ${JSON.stringify(id)}: there is ${[...models.keys()].join(", ")}`;
  return new Refusal(404, message, { param: "model", code: "model_not_found" });
}

/** Seconds until a client may retry. */
const RETRY_SECONDS = 1;

/** Throws a Refusal if `busy` + `more` requests exceed a model's limit: 400 if `more` alone does, else 429. */
export function admit({ limits: { requests } }: Service, busy: number, more: number): void {
  const most = `${requests} may run or wait at once`;
  if (more > requests) throw new Refusal(400, `Cannot start ${more} at once: ${most} (--slots and --max-waiting)`);
  if (busy + more <= requests) return;
  const headers = { "retry-after": String(RETRY_SECONDS) };
  throw new Refusal(429, `Cannot start now: ${most}, ${busy} do`, { code: "rate_limit_exceeded", headers });
}
