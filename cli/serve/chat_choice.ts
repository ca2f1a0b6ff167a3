/** Choices of `/v1/chat/completions`: tokens in the form of OpenAI's API. */
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import type { AnswerForm } from "./answer.ts";
import { type AnswerToken, type AnyChoice, tokenName } from "./scored.ts";

/** A running answer. */
export interface ChatChoice extends AnyChoice {
  readonly index: number;
  /** Whether it has log-probabilities. */
  readonly logProbs: boolean;
  /** Names special tokens. */
  readonly tokenizer: Tokenizer;
}

/** Log-probabilities of tokens before temperature and filters, with the bytes of their texts in UTF-8. */
function logProbsOf({ logProbs, tokenizer }: ChatChoice, tokens: readonly AnswerToken[]) {
  if (!logProbs) return null;
  const entry = (of: { readonly id: number; readonly text: string; readonly logProb: number | null }) => {
    const token = tokenName(tokenizer, of);
    return { token, logprob: of.logProb, bytes: [...new TextEncoder().encode(token)] };
  };
  return {
    content: tokens.map((token) => ({ ...entry(token), top_logprobs: (token.top ?? []).map(entry) })),
    refusal: null,
  };
}

const part = (
  choice: ChatChoice,
  delta: unknown,
  tokens: readonly AnswerToken[],
  finish_reason: string | null = null,
) => {
  return { index: choice.index, delta, logprobs: logProbsOf(choice, tokens), finish_reason };
};

/** The form of `/v1/chat/completions`. */
export const CHAT_FORM: AnswerForm<ChatChoice> = {
  prefix: "chatcmpl",
  object: "chat.completion",
  eventObject: "chat.completion.chunk",
  whole(choice, { made }) {
    const content = made.map(({ text }) => text).join("");
    const message = { role: "assistant", content, refusal: null };
    const finish_reason = choice.generation.finish ?? null;
    return { index: choice.index, message, logprobs: logProbsOf(choice, made), finish_reason };
  },
  opening: (choice) => [part(choice, { role: "assistant", content: "" }, [])],
  token(choice, token) {
    if (token.text === "" && !choice.logProbs) return undefined;
    return part(choice, { content: token.text }, [token]);
  },
  closing: (choice) => part({ ...choice, logProbs: false }, {}, [], choice.generation.finish),
};
