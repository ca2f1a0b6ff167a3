/** The parameters of `/v1/completions`; unknown ones are refused. */
import type { Fields } from "../../src/model/config/fields.ts";
import { type GenerationFields, MOST, optional, readGeneration } from "./generation_fields.ts";
import { acceptHarmless, acceptUser, COMPLETION_HARMLESS } from "./harmless.ts";
import { sequencesOf } from "./sequences.ts";

/** A request for completions. */
export interface CompletionRequest extends GenerationFields {
  /** Texts, or ids. */
  readonly prompts: readonly (string | readonly number[])[];
  /** Whether the completion includes the prompt. */
  readonly echo: boolean;
  /** Whether the answer has log-probabilities, depths and scores. */
  readonly logProbs: boolean;
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
  const both = request.echo && request.logProbs;
  fields.check(!both, () => "body.echo is true, and the prompt's tokens have no log-probabilities here", "echo");
  return request;
}

/** Only the chosen token's log-probability is known: 0 alternatives. */
function readLogProbs(fields: Fields): boolean {
  if (fields.value("logprobs") === false) return false;
  const given = optional(fields, "logprobs", {});
  const reason = () => `body.logprobs is ${given}, only 0 is supported: the chosen token's, without alternatives`;
  fields.check(!given, reason, "logprobs");
  return given !== undefined;
}
