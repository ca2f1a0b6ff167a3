/** The chat template of a checkpoint. */
import { isRecord, reasonOf } from "../../src/checkpoint/messages.ts";
import type { Source } from "../../src/checkpoint/source.ts";
import { readTokenizerConfig } from "../../src/infer/load_tokenizer.ts";
import { specialTexts } from "../../src/tokenizer/settings.ts";
import { BoundedTemplate, TEMPLATE_MOST } from "./template.ts";

/** File of a template, which has precedence over that of `tokenizer_config.json`. */
const FILE = "chat_template.jinja";

/** A message as templates take it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
}

/** The template of a model, with its special tokens. */
export class ChatTemplate {
  readonly #template: BoundedTemplate;

  /** Parses a template. Throws an Error for an invalid one. */
  constructor(source: string, readonly special: Readonly<Record<string, string>>) {
    this.#template = new BoundedTemplate(source);
  }

  /** The prompt of a conversation, up to the beginning of the answer. Throws as `BoundedTemplate.render` does. */
  render(messages: readonly ChatMessage[]): string {
    return this.#template.render({
      ...this.special,
      messages,
      add_generation_prompt: true,
      tools: null,
      documents: null,
    });
  }
}

/** Reads `chat_template.jinja`; undefined without one. */
async function readFile(source: Source): Promise<string | undefined> {
  const size = await source.size(FILE);
  if (size === undefined) return undefined;
  const most = 4 * TEMPLATE_MOST.characters; // UTF-8
  if (size > most) throw new Error(`it has ${size} bytes, ${most} is the most`);
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(await source.read(FILE, 0, size));
}

/** The template of `tokenizer_config.json`: a text, or the one named `default` of a list. */
function configured(given: unknown): string | undefined {
  if (given == null || typeof given === "string") return given ?? undefined;
  const list = Array.isArray(given) ? given.filter(isRecord) : [];
  const { template } = list.find(({ name }) => name === "default") ?? {};
  if (typeof template === "string") return template;
  throw new Error(`it has the names ${list.map(({ name }) => String(name)).join(", ") || "of none"}, not default`);
}

/**
 * Reads the chat template of a checkpoint; a text is the reason why there is none that can be used. `onFault` gets the
 * reason if there is an invalid one.
 */
export async function loadChatTemplate(
  source: Source,
  onFault: (reason: string) => void = () => {},
): Promise<ChatTemplate | string> {
  const config = await readTokenizerConfig(source);
  let place = FILE;
  try {
    const file = await readFile(source);
    if (file === undefined) place = "chat_template of tokenizer_config.json";
    const template = file ?? configured(config.chat_template);
    if (template !== undefined) return new ChatTemplate(template, specialTexts(config));
    return `it has no chat template: add ${FILE} to its folder, or use /v1/completions`;
  } catch (error) {
    const fault = `its ${place} cannot be used: ${reasonOf(error)}`;
    onFault(fault);
    return fault;
  }
}
