/**
 * A tokenizer from its `tokenizer.json` and `tokenizer_config.json`; training and inference encode with the same one.
 *
 * @module
 */
import { quote } from "../checkpoint/messages.ts";
import type { Json } from "../model/config/fields.ts";
import { type AddedToken, AddedTokens, readAddedTokens } from "./added_tokens.ts";
import { readBpe } from "./bpe.ts";
import { readDecoder, type Stages } from "./decoders.ts";
import { TokenDecoding } from "./decoding.ts";
import { Entry } from "./entry.ts";
import { readNormalizer } from "./normalizers.ts";
import { overridden } from "./overrides.ts";
import { type Frame, readPostProcessor } from "./post_processors.ts";
import { type PreTokenizer, readPreTokenizer } from "./pre_tokenizers.ts";
import { cleanUp } from "./stages.ts";
import { checkSettings, framed, tokenText, withConfigured } from "./settings.ts";
import { readUnigram } from "./unigram.ts";
import type { Vocabulary, WordModel } from "./vocabulary.ts";
import { readWordLevel, readWordPiece } from "./word_models.ts";

export { withSpecialTokens } from "./settings.ts";

const MODELS: Readonly<Record<string, (entry: Entry) => WordModel>> = {
  BPE: readBpe,
  WordPiece: readWordPiece,
  Unigram: readUnigram,
  WordLevel: readWordLevel,
};

/** Reads the model; older files do not name its type. */
function readModel(entry: Entry): WordModel {
  const keys = entry.keys();
  const inferred = keys.includes("merges")
    ? "BPE"
    : keys.includes("continuing_subword_prefix")
    ? "WordPiece"
    : undefined;
  return entry.byType(MODELS, inferred ?? (Array.isArray(entry.at("vocab").value) ? "Unigram" : undefined));
}

/** Names of mask tokens where the configuration gives none. */
const MASKS = ["[MASK]", "<mask>"];

/** Text to ids and back. */
export class JsonTokenizer {
  /** Ids by token, added tokens included. */
  readonly vocabulary: Vocabulary;
  /** V: one more than the highest id. */
  readonly size: number;
  /** Added tokens in the order of the file, then those of the configuration. */
  readonly added: readonly AddedToken[];
  /** Ids around every text that is encoded for a model. */
  readonly frame: Frame;
  /** The token that hides others, where there is one. */
  readonly mask?: { readonly text: string; readonly id: number };
  readonly #model: WordModel;
  readonly #parts: AddedTokens;
  readonly #words: PreTokenizer;
  readonly #stages: Stages;
  readonly #texts: ReadonlyMap<number, string>;
  readonly #byId: ReadonlyMap<number, AddedToken>;

  /**
   * Reads both files. `truncation`, `padding` and `model_max_length` change nothing: texts keep their length here.
   *
   * Throws one FieldError with file, key and value for whatever is damaged, unknown, or contradicts itself.
   */
  constructor(json: Json, config: Json = {}) {
    const settings = new Entry(config, "tokenizer_config.json");
    checkSettings(settings);
    const whole = new Entry(overridden(json, settings), "tokenizer.json").only(
      ...[
        "version",
        "truncation",
        "padding",
        "added_tokens",
        "normalizer",
        "pre_tokenizer",
        "post_processor",
        "decoder",
      ],
      "model",
    );
    this.#model = readModel(whole.at("model"));
    const { vocabulary } = this.#model;
    this.added = withConfigured(readAddedTokens(whole.at("added_tokens"), vocabulary), settings, vocabulary);
    this.vocabulary = new Map([...vocabulary, ...this.added.map(({ content, id }) => [content, id] as const)]);
    this.size = Array.from(this.vocabulary.values()).reduce((most, id) => Math.max(most, id), -1) + 1;
    this.#texts = new Map(Array.from(this.vocabulary, ([token, id]) => [id, token]));
    this.#byId = new Map(this.added.map((token) => [token.id, token]));
    this.#parts = new AddedTokens(this.added, readNormalizer(whole.at("normalizer")));
    this.#words = readPreTokenizer(whole.at("pre_tokenizer"));
    const cleans = settings.at("clean_up_tokenization_spaces").flag(false), stages = readDecoder(whole.at("decoder"));
    this.#stages = cleans ? () => [...stages(), ...cleanUp()] : stages;
    this.frame = framed(readPostProcessor(whole.at("post_processor"), this.vocabulary), settings, this.vocabulary);
    const mask = tokenText(settings.at("mask_token")), names = mask === undefined ? MASKS : [mask];
    const token = this.added.find(({ content }) => names.includes(content));
    this.mask = token && { text: token.content, id: token.id };
  }

  /** Ids of a text with the tokens around it; `bare` leaves these out. Throws a RangeError for text without tokens. */
  encode(text: string, { bare = false }: { bare?: boolean } = {}): number[] {
    const ids: number[] = bare ? [] : [...this.frame.before];
    this.#parts.split(text.toWellFormed()).forEach((part, i) => {
      if (typeof part !== "string") return ids.push(part.id);
      for (const word of this.#words(part, i === 0)) for (const id of this.#model.encode(word)) ids.push(id);
    });
    if (!bare) ids.push(...this.frame.after);
    return ids;
  }

  /** Text of ids, special tokens and ids outside the vocabulary left out. */
  decode(ids: readonly number[]): string {
    const decoding = this.decoding();
    return ids.map((id) => decoding.push(id)).join("") + decoding.end();
  }

  /** Decodes ids one at a time; the joined pieces equal the text of {@link JsonTokenizer.decode}. */
  decoding(): TokenDecoding {
    return new TokenDecoding(this.#stages(), (id) => {
      const added = this.#byId.get(id), text = this.#texts.get(id);
      return added?.special || text === undefined ? undefined : { text, begins: true, added: added !== undefined };
    });
  }

  /** Throws where an id is outside of a model's vocabulary of V tokens. */
  fits(V: number): this {
    for (const [token, id] of this.vocabulary) {
      if (id < V) continue;
      const place = this.#model.vocabulary.has(token) ? "model.vocab" : "added_tokens";
      new Entry(id, "tokenizer.json", place).refuse(`has the token ${quote(token)} as ${id}, and vocab_size is ${V}`);
    }
    return this;
  }
}
