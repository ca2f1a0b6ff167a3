/** `POST /v1/completions`. */
import { encodeText } from "../../src/infer/tokenizer.ts";
import { answerWith } from "./answer.ts";
import { readBody } from "./body.ts";
import { readCompletionRequest } from "./completion_request.ts";
import type { Exchange } from "./exchange.ts";
import { findModel, type Service } from "./service.ts";
import { admitAll, submitAll } from "./submit.ts";
import { TEXT_FORM, TextChoice } from "./text_choice.ts";

/** Completes texts, in one answer or as events. Throws a Refusal, and RangeErrors about the request. */
export async function complete(exchange: Exchange, service: Service): Promise<Response> {
  const fields = await readBody(exchange.request, service.limits, "complete the text");
  const request = readCompletionRequest(fields);
  const { prompts, n, echo, logProbs } = request;
  const scored = logProbs !== undefined && (echo || logProbs > 0);
  const model = findModel(service, request.model, "decoder"), { tokenizer } = model;
  admitAll(service, model, request.options.maxNewTokens === 0 ? 1 : prompts.length * n); // without new tokens no slot
  const encoded = prompts.map((prompt) => typeof prompt === "string" ? encodeText(tokenizer, prompt) : prompt);
  const shown = prompts.map((prompt) => !echo ? "" : typeof prompt === "string" ? prompt : tokenizer.decode(prompt));
  const choices = submitAll(service, model, { ...request, prompts: encoded }).map((generation, index) => {
    const p = Math.floor(index / n), scoring = scored ? { prompt: encoded[p], echo, top: logProbs } : undefined;
    return new TextChoice(index, generation, { shown: shown[p], logProbs, scoring, tokenizer });
  });
  return await answerWith({ ...request, model, choices, exchange, form: TEXT_FORM }, service);
}
