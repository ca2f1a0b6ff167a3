/**
 * A trained byte-pair encoding as a standard `tokenizer.json`.
 *
 * @module
 */
import type { Json } from "../../model/config/fields.ts";
import { type Merges, trainBpe } from "./bpe.ts";

/** Special tokens. */
export interface SpecialTokens {
  /** Their texts, in the order of their ids 0, 1, …: `<|endoftext|>`, `[MASK]`. */
  readonly special: readonly string[];
  /** The special token put before every text that is encoded for a model, if any. */
  readonly begin?: string;
  /** The special token put after it, if any. */
  readonly end?: string;
  /** The mask token, if any. It strips the blank before it: in `a [MASK]` it stands for ` cat`, not `cat`. */
  readonly mask?: string;
}

/** Options of training a tokenizer. */
export interface TokenizerOptions extends SpecialTokens {
  /** Whether the tokenizer may have fewer tokens, where the words cannot give V; false unless given. */
  readonly fewer?: boolean;
}

/**
 * Trains a byte-level tokenizer of V tokens, special ones included.
 *
 * Throws a RangeError when a special token is given twice or is a token of the text, when `begin`, `end` or
 * `mask` is not special, and as `trainBpe` does.
 *
 * ```ts
 * import { countWords, trainTokenizer } from "@refrain/transformers/train";
 * const counts = new Map<string, number>();
 * countWords("low lower lowest", counts);
 * const json = trainTokenizer(counts, 259, { special: ["<|endoftext|>"] }); // a tokenizer.json
 * ```
 */
export function trainTokenizer(counts: ReadonlyMap<string, number>, V: number, tokens: TokenizerOptions): Json {
  const { special, fewer } = tokens;
  const twice = special.find((token, id) => special.indexOf(token) < id);
  if (twice !== undefined) throw new RangeError(`Cannot train a tokenizer: the special token ${twice} is given twice`);
  const learned = trainBpe(counts, V - special.length, { fewer });
  const stranger = [tokens.begin, tokens.end, tokens.mask].find((token) => token && !special.includes(token));
  if (stranger) throw new RangeError(`Cannot train a tokenizer: ${stranger} is not a special token of it`);
  const clash = special.find((token) => token === "" || learned.tokens.includes(token));
  if (clash !== undefined) {
    throw new RangeError(
      `Cannot train a tokenizer: the special token ${JSON.stringify(clash)} is also one of the text`,
    );
  }
  return tokenizerJson(learned, tokens);
}

function tokenizerJson({ tokens, merges }: Merges, { special, begin, end, mask }: SpecialTokens): Json {
  const level = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: content === mask,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: level,
    post_processor: template(special, begin, end),
    decoder: level,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries([...special, ...tokens].map((token, id) => [token, id])),
      merges,
    },
  };
}

/** The post-processor that puts special tokens around one text, or two. */
function template(special: readonly string[], begin?: string, end?: string): Json | null {
  if (begin === undefined && end === undefined) return null;
  const used = [begin, end].filter((token) => token !== undefined);
  const part = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const around = (id: string, type_id: number) => [
    ...begin === undefined ? [] : [part(begin, type_id)],
    { Sequence: { id, type_id } },
    ...end === undefined ? [] : [part(end, type_id)],
  ];
  return {
    type: "TemplateProcessing",
    single: around("A", 0),
    pair: [...around("A", 0), ...around("B", 1)],
    special_tokens: Object.fromEntries(
      used.map((token) => [token, { id: token, ids: [special.indexOf(token)], tokens: [token] }]),
    ),
  };
}

/**
 * The `tokenizer_config.json` beside it. It turns off the clean-up of spaces, with which decoding would not be the inverse
 * of encoding.
 */
export function tokenizerConfig({ begin, end, mask }: SpecialTokens): Json {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    ...begin === undefined ? {} : { bos_token: begin },
    ...end === undefined ? {} : { eos_token: end },
    ...mask === undefined ? {} : { mask_token: mask },
  };
}
