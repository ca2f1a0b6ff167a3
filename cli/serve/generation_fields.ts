/** Parameters of generation that completions and chats share: OpenAI's, and four more of sampling and depth. */
import type { Fields } from "../../src/model/config/fields.ts";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import { acceptHarmless } from "./harmless.ts";
import { checkText } from "./sequences.ts";

/** Parameters of generation. */
export interface GenerationFields {
  /** Id of the model. */
  readonly model: string;
  /** Completions of each prompt. */
  readonly n: number;
  /** Whether the answer is a stream of events. */
  readonly stream: boolean;
  /** Whether the last event before `[DONE]` has the usage. */
  readonly includeUsage: boolean;
  /** The first completion's seed; random if undefined. */
  readonly seed?: number;
  /** Sampling options. */
  readonly options: GenerateOptions;
}

/** Maximum number of prompts, completions of each, likeliest tokens and stop texts; maximum length of a stop text. */
export const MOST = { prompts: 2048, n: 128, top: 20, stop: 16, stopLength: 1000 };

/** Reads the parameters; `maxNewTokens` is the number of new tokens. Throws a FieldError that names the parameter. */
export function readGeneration(fields: Fields, maxNewTokens: number | undefined): GenerationFields {
  fields.check(fields.has("model"), () => "body.model is missing", "model");
  return {
    model: fields.text("model")!,
    n: fields.count("n", 1, MOST.n),
    stream: fields.flag("stream", false),
    includeUsage: readStreamOptions(fields),
    seed: optional(fields, "seed", { least: -(2 ** 31), most: 2 ** 31 - 1 }),
    options: readOptions(fields, maxNewTokens),
  };
}

/** Throws a FieldError for a limit of recursions if tokens are scored, which runs as many as the routers choose. */
export function checkDepth(fields: Fields, scored: boolean): void {
  const reason = () => "body.max_depth is given, and tokens are scored at the depths that the routers choose";
  fields.check(!(scored && fields.has("max_depth")), reason, "max_depth");
}

/** A number, or undefined if it is not given. */
export function optional(fields: Fields, key: string, limits: Parameters<Fields["number"]>[2]): number | undefined {
  return fields.has(key) ? fields.number(key, undefined, limits) : undefined;
}

function readOptions(fields: Fields, maxNewTokens: number | undefined): GenerateOptions {
  const share = { most: 1, fraction: true };
  return {
    maxNewTokens,
    temperature: fields.number("temperature", 1, { most: 2, fraction: true }),
    topP: optional(fields, "top_p", share),
    minP: optional(fields, "min_p", share),
    topK: readTopK(fields),
    repetitionPenalty: optional(fields, "repetition_penalty", { fraction: true }),
    maxDepth: optional(fields, "max_depth", { least: 1 }),
    stop: readStop(fields),
  };
}

/** Minus one and zero both mean all tokens. */
function readTopK(fields: Fields): number | undefined {
  const given = optional(fields, "top_k", { least: -1 });
  return given === -1 || given === 0 ? undefined : given;
}

function readStop(fields: Fields): readonly string[] {
  const value = fields.value("stop") || [];
  const stops = (typeof value === "string" ? [value] : value) as readonly string[];
  const fits = Array.isArray(stops) && stops.length <= MOST.stop &&
    stops.every((stop) => typeof stop === "string" && stop !== "");
  fields.check(fits, () => `body.stop is neither a text nor a list of up to ${MOST.stop} texts, none empty`, "stop");
  for (const [i, stop] of stops.entries()) {
    const name = `body.stop${typeof value === "string" ? "" : `[${i}]`}`;
    checkText(fields, "stop", { name, text: stop });
    const reason = () => `${name} has ${stop.length} characters, ${MOST.stopLength} is the most`;
    fields.check(stop.length <= MOST.stopLength, reason, "stop");
  }
  return stops;
}

function readStreamOptions(fields: Fields): boolean {
  const options = fields.object("stream_options");
  if (!options) return false;
  const usage = options.flag("include_usage", false);
  acceptHarmless(options, { include_obfuscation: [false], continuous_usage_stats: [false] });
  options.noOthers();
  const alone = usage && !fields.flag("stream", false);
  fields.check(!alone, () => "body.stream_options.include_usage is true, and body.stream is not", "stream_options");
  return usage;
}
