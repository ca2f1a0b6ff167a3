/** `POST /tokenize` and `POST /detokenize`, in the form of vLLM. */
import type { Fields } from "../../src/model/config/fields.ts";
import { readBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { acceptHarmless } from "./harmless.ts";
import { checkText, idsOf } from "./sequences.ts";
import { anyModel, type ServedModel, type Service } from "./service.ts";

/** The model of a request. */
function modelOf(fields: Fields, service: Service): ServedModel {
  fields.check(fields.has("model"), () => "body.model is missing", "model");
  return anyModel(service, fields.text("model")!);
}

/** Ids of a text, with the special tokens of the model unless `add_special_tokens` is false. Throws a Refusal. */
export async function tokenize(exchange: Exchange, service: Service): Promise<Response> {
  const fields = await readBody(exchange.request, service.limits, "tokenize the text");
  const { tokenizer, config } = modelOf(fields, service);
  const text = fields.value("prompt");
  fields.check(typeof text === "string", () => "body.prompt is not a text", "prompt");
  checkText(fields, "prompt", { name: "body.prompt", text: text as string });
  const bare = !fields.flag("add_special_tokens", true);
  acceptHarmless(fields, { return_token_strs: [false] });
  fields.noOthers();
  const tokens = tokenizer.encode(text as string, { bare });
  return Response.json({ count: tokens.length, max_model_len: config.maxPositions, tokens });
}

/** Text of ids, without special tokens. Throws a Refusal. */
export async function detokenize(exchange: Exchange, service: Service): Promise<Response> {
  const fields = await readBody(exchange.request, service.limits, "detokenize the ids");
  const { tokenizer, config: { V } } = modelOf(fields, service);
  const tokens = idsOf(fields, "tokens");
  fields.noOthers();
  const at = tokens.findIndex((id) => id >= V);
  const outside = () => `body.tokens[${at}] is ${tokens[at]}, which is outside the vocabulary of ${V}`;
  fields.check(at < 0, outside, "tokens");
  return Response.json({ prompt: tokenizer.decode(tokens) });
}
