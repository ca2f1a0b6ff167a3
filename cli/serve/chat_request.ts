/** The parameters of `/v1/chat/completions`; unknown ones are refused. */
import { Fields, type Json } from "../../src/model/config/fields.ts";
import type { ChatMessage } from "./chat_template.ts";
import { checkDepth, type GenerationFields, MOST, optional, readGeneration } from "./generation_fields.ts";
import { acceptHarmless, acceptUser, CHAT_HARMLESS, MESSAGE_HARMLESS } from "./harmless.ts";
import { checkText } from "./sequences.ts";

/** A request for answers of a chat. */
export interface ChatRequest extends GenerationFields {
  /** The conversation. */
  readonly messages: readonly ChatMessage[];
  /** Likeliest tokens at each place; undefined without log-probabilities. */
  readonly logProbs?: number;
}

/** Roles of messages. */
const ROLES = ["system", "developer", "user", "assistant", "tool"] as const;

/** Maximum number of messages. */
const MOST_MESSAGES = 2048;

/** Reads a request. Throws a FieldError that names the parameter. */
export function readChatRequest(fields: Fields): ChatRequest {
  const messages = readMessages(fields);
  const request = { ...readGeneration(fields, readTokens(fields)), messages, logProbs: readLogProbs(fields) };
  checkDepth(fields, Boolean(request.logProbs));
  acceptUser(fields);
  acceptHarmless(fields, CHAT_HARMLESS);
  fields.noOthers();
  return request;
}

function readLogProbs(fields: Fields): number | undefined {
  const given = fields.flag("logprobs", false), top = optional(fields, "top_logprobs", { most: MOST.top });
  const alone = () => "body.top_logprobs is given, and body.logprobs is not true";
  fields.check(given || top === undefined, alone, "top_logprobs");
  return given ? top ?? 0 : undefined;
}

/** New tokens, under the new name or the old one; as many as fit if neither is given. */
function readTokens(fields: Fields): number | undefined {
  const [given, old] = ["max_completion_tokens", "max_tokens"].map((key) => optional(fields, key, {}));
  const same = given === undefined || old === undefined || given === old;
  const reason = () => `body.max_completion_tokens is ${given}, and body.max_tokens is ${old}`;
  fields.check(same, reason, "max_completion_tokens");
  return given ?? old;
}

function readMessages(fields: Fields): ChatMessage[] {
  const list = fields.value("messages");
  fields.check(Array.isArray(list) && list.length > 0, () => "body.messages is not a list of messages", "messages");
  const all = list as readonly Json[];
  const most = () => `body.messages has ${all.length} messages, ${MOST_MESSAGES} is the most`;
  fields.check(all.length <= MOST_MESSAGES, most, "messages");
  return all.map((json, i) => readMessage(new Fields(json, `${fields.path}.messages[${i}]`, fields.action)));
}

function readMessage(fields: Fields): ChatMessage {
  const role = fields.choice("role", ROLES, "" as typeof ROLES[number]);
  const content = readContent(fields);
  checkText(fields, "content", { name: `${fields.path}.content`, text: content });
  const name = fields.text("name");
  acceptHarmless(fields, MESSAGE_HARMLESS);
  fields.noOthers();
  return { role, content, ...name !== undefined && { name } };
}

/** A text, or the texts of parts in lines. */
function readContent(fields: Fields): string {
  const value = fields.value("content"), path = `${fields.path}.content`;
  const parts = typeof value === "string" ? [{ type: "text", text: value }] : value;
  const fits = Array.isArray(parts) && parts.length > 0;
  fields.check(fits, () => `${path} is ${value === undefined ? "missing" : "neither a text nor parts"}`, "content");
  return (parts as readonly Json[]).map((json, i) => {
    const part = new Fields(json, `${path}[${i}]`, fields.action), text = part.value("text");
    part.choice("type", ["text"], "" as "text");
    part.check(typeof text === "string", () => `${path}[${i}].text is not a text`, "text");
    part.noOthers();
    return text as string;
  }).join("\n");
}
