/** The parameters of `/v1/completions`; unknown ones are refused. */
import type { Fields } from "../../src/model/config/fields.ts";
import { checkDepth, type GenerationFields, MOST, optional, readGeneration } from "./generation_fields.ts";
import { acceptHarmless, acceptUser, COMPLETION_HARMLESS } from "./harmless.ts";
import { sequencesOf } from "./sequences.ts";

/** A request for completions. */
export interface CompletionRequest extends GenerationFields {
  /** Texts, or ids. */
  readonly prompts: readonly (string | readonly number[])[];
  /** Whether the completion includes the prompt. */
  readonly echo: boolean;
  /** Likeliest tokens at each place; undefined without log-probabilities, depths and scores. */
  readonly logProbs?: number;
}

/** Reads a request. Throws a FieldError that names the parameter. */
export function readCompletionRequest(fields: Fields): CompletionRequest {
  const request = {
    ...readGeneration(fields, fields.number("max_tokens", 16)),
    prompts: sequencesOf(fields, "prompt", MOST.prompts),
    echo: fields.flag("echo", false),
    logProbs: readLogProbs(fields),
  };
  fields.only("best_of", ...new Set([1, request.n])); // best_of = n selects all of them
  acceptUser(fields);
  acceptHarmless(fields, COMPLETION_HARMLESS);
  fields.noOthers();
  checkDepth(fields, request.logProbs !== undefined && request.echo || Boolean(request.logProbs));
  return request;
}

/** False means that they are not given, as for chats. */
function readLogProbs(fields: Fields): number | undefined {
  return fields.value("logprobs") === false ? undefined : optional(fields, "logprobs", { most: MOST.top });
}
