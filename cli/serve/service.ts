/** What is served, to how many at once, and by which device. */
import type { TextEngine } from "../../src/infer/engine/api.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import type { BodyLimits } from "./body.ts";
import { type Health, Refusal } from "./refusal.ts";

/** A decoder that completes texts. */
export interface ServedDecoder {
  /** Which kind of model this is. */
  readonly kind: "decoder";
  /** What requests call it. */
  readonly id: string;
  /** Text to ids. */
  readonly tokenizer: Tokenizer;
  /** Where requests run together. */
  readonly engine: TextEngine;
}

/** An encoder that makes vectors of texts. */
export interface ServedEncoder {
  /** Which kind of model this is. */
  readonly kind: "encoder";
  /** What requests call it. */
  readonly id: string;
  /** Text to ids. */
  readonly tokenizer: Tokenizer;
  /** Size of the vocabulary, positions, width of a vector. */
  readonly config: { readonly V: number; readonly maxPositions: number; readonly D: number };
  /** Requests that run or wait. */
  underWay: number;
  /** One vector a sequence of ids, [B, D], of unit length unless the model declares others; errors call sequences by `name`. */
  embed(sequences: readonly (readonly number[])[], name?: (index: number) => string): Promise<ArrayLike<number>>;
}

/** A model and its kind. */
export type ServedModel = ServedDecoder | ServedEncoder;

/** All that the routes work on. */
export interface Service {
  /** Models by id. */
  readonly models: ReadonlyMap<string, ServedModel>;
  /** Bounds of a request's body, and what one model may have running or waiting at most. */
  readonly limits: BodyLimits & { readonly requests: number };
  /** When it began, in seconds since 1970. */
  readonly started: number;
  /** Whether the models work: a lost device, or an engine that has stopped, is for good. */
  readonly health: Health;
  /** Takes a line for the log. */
  readonly log: (line: string) => void;
}

/** A model of the wanted kind. Throws a Refusal: 404 where there is none of this name, 400 where it is of the other kind. */
export function findModel<K extends ServedModel["kind"]>(
  { models }: Service,
  id: string,
  wanted: K,
): Extract<ServedModel, { kind: K }> {
  const model = models.get(id);
  if (!model) throw unknownModel(models, id);
  if (model.kind === wanted) return model as Extract<ServedModel, { kind: K }>;
  const gives = { decoder: "completions", encoder: "embeddings" };
  throw new Refusal(400, `Cannot use the model ${id} here: it is a model for ${gives[model.kind]}`, { param: "model" });
}

/** The refusal of a name that no model has. */
export function unknownModel(models: Service["models"], id: string): Refusal {
  const message = `Cannot find the model ${JSON.stringify(id)}: there is ${[...models.keys()].join(", ")}`;
  return new Refusal(404, message, { param: "model", code: "model_not_found" });
}

/** Seconds after which a client may ask again. */
const RETRY_SECONDS = 1;

/** Throws a Refusal unless a model that has `busy` requests may get `more`: 400 where it never may, else 429. */
export function admit({ limits: { requests } }: Service, busy: number, more: number): void {
  const most = `${requests} may run or wait at once`;
  if (more > requests) throw new Refusal(400, `Cannot start ${more} at once: ${most}`);
  if (busy + more <= requests) return;
  const headers = { "retry-after": String(RETRY_SECONDS) };
  throw new Refusal(429, `Cannot start now: ${most}, ${busy} do`, { code: "rate_limit_exceeded", headers });
}
