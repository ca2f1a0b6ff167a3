/** `POST /v1/chat/completions`. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { encodeText } from "../../src/infer/tokenizer.ts";
import { answerWith } from "./answer.ts";
import { readBody } from "./body.ts";
import { CHAT_FORM } from "./chat_choice.ts";
import { readChatRequest } from "./chat_request.ts";
import type { ChatMessage } from "./chat_template.ts";
import type { Exchange } from "./exchange.ts";
import { Refusal } from "./refusal.ts";
import { findModel, type ServedDecoder, type Service } from "./service.ts";
import { admitAll, submitAll } from "./submit.ts";
import { RaisedError } from "./template.ts";

const ACTION = "complete the chat";

/**
 * Ids of the prompt that the template of a model makes of a conversation. Throws a Refusal (400) without a template, with
 * the message that a template raises, and for faults of a template.
 */
function promptOf({ id, chat, tokenizer }: ServedDecoder, messages: readonly ChatMessage[]): number[] {
  if (typeof chat === "string") throw new Refusal(400, `Cannot ${ACTION} with ${id}: ${chat}`, { param: "model" });
  try {
    const text = chat.render(messages);
    if (text === "") throw new Error("it makes an empty prompt");
    return encodeText(tokenizer, text, { bare: true });
  } catch (error) {
    const of = error instanceof RaisedError ? "" : `the chat template of ${id} fails, `;
    throw new Refusal(400, `Cannot ${ACTION}: ${of}${reasonOf(error)}`, { param: "messages" });
  }
}

/** Continues a conversation, in one answer or as events. Throws a Refusal, and RangeErrors about the request. */
export async function chat(exchange: Exchange, service: Service): Promise<Response> {
  const request = readChatRequest(await readBody(exchange.request, service.limits, ACTION));
  const { n, messages, logProbs } = request;
  const model = findModel(service, request.model, "decoder");
  admitAll(service, model, n);
  const prompt = promptOf(model, messages), { tokenizer } = model;
  const scoring = logProbs ? { prompt, echo: false, top: logProbs } : undefined;
  const choices = submitAll(service, model, { ...request, prompts: [prompt] })
    .map((generation, index) => ({ index, generation, logProbs: logProbs !== undefined, scoring, tokenizer }));
  return await answerWith({ ...request, model, choices, exchange, form: CHAT_FORM }, service);
}
