/**
 * Pre-tokenizers: split a text into words, which the model encodes separately.
 *
 * @module
 */
import { wordsOf } from "./byte_level.ts";
import type { Entry } from "./entry.ts";
import { byteLevel } from "./normalizers.ts";
import { literal, patternOf, WORD_CHARACTER } from "./patterns.ts";
import { type Behaviour, BEHAVIOURS, split } from "./splits.ts";
import { PUNCTUATION } from "./unicode.ts";

/** Splits a text into words; `first` is true at the start of the whole text. */
export type PreTokenizer = (text: string, first: boolean) => string[];

/** Reads a pre-tokenizer; null is none. Throws for unknown types and keys. */
export function readPreTokenizer(entry: Entry): PreTokenizer {
  return entry.given ? entry.byType(READERS) : (text) => [text];
}

const cutAt = (pattern: RegExp, behaviour: Behaviour, invert = false): PreTokenizer => (text) =>
  split(text, { pattern, behaviour, invert });

const READERS: Readonly<Record<string, (entry: Entry) => PreTokenizer>> = {
  ByteLevel(entry) {
    entry.only("type", "add_prefix_space", "trim_offsets", "use_regex");
    const prefix = entry.at("add_prefix_space").flag(true), cut = entry.at("use_regex").flag(true);
    return (text) => {
      const whole = prefix && text !== "" && !text.startsWith(" ") ? ` ${text}` : text;
      return (cut ? wordsOf(whole) : [whole]).map(byteLevel);
    };
  },
  Metaspace: readMetaspace,
  Whitespace: (entry) => (entry.only("type"), cutAt(WORDS, "Removed", true)),
  WhitespaceSplit: (entry) => (entry.only("type"), cutAt(/\p{White_Space}/gu, "Removed")),
  BertPreTokenizer(entry) {
    entry.only("type");
    return (text) => text.match(BERT_WORD) ?? [];
  },
  Punctuation(entry) {
    entry.only("type", "behavior");
    return cutAt(new RegExp(`[${PUNCTUATION}]`, "gu"), behaviourOf(entry, "Isolated"));
  },
  Digits(entry) {
    const each = entry.only("type", "individual_digits").at("individual_digits").flag(false);
    return cutAt(/\p{N}/gu, each ? "Isolated" : "Contiguous");
  },
  CharDelimiterSplit(entry) {
    return cutAt(literal(entry.only("type", "delimiter").at("delimiter").character()), "Removed");
  },
  Split(entry) {
    entry.only("type", "pattern", "behavior", "invert");
    return cutAt(patternOf(entry.at("pattern")), behaviourOf(entry), entry.at("invert").flag(false));
  },
  Sequence(entry) {
    const steps = entry.only("type", "pretokenizers").at("pretokenizers").items().map(readPreTokenizer);
    return (text, first) =>
      steps.reduce((words, step) => words.flatMap((word, i) => step(word, first && i === 0)), [text]);
  },
};

const WORDS = new RegExp(`${WORD_CHARACTER}+|(?:(?!${WORD_CHARACTER})\\P{White_Space})+`, "gu");
const BERT_WORD = new RegExp(`[${PUNCTUATION}]|[^${PUNCTUATION}\\p{White_Space}]+`, "gu");

function behaviourOf(entry: Entry, fallback?: Behaviour): Behaviour {
  const behaviour = entry.at("behavior");
  if (!behaviour.given && fallback === undefined) behaviour.expected(`one of ${BEHAVIOURS.join(", ")}`);
  return behaviour.choice(BEHAVIOURS, fallback ?? "Isolated");
}

/** When a blank is put before a text; older files have `add_prefix_space`. */
export function prependScheme(entry: Entry): "always" | "first" | "never" {
  const before = entry.at("add_prefix_space").flag(true);
  const scheme = entry.at("prepend_scheme").choice(["always", "first", "never"], before ? "always" : "never");
  if (before || scheme === "never") return scheme;
  return entry.at("prepend_scheme").refuse(`is "${scheme}", and ${entry.path}.add_prefix_space is false`);
}

function readMetaspace(entry: Entry): PreTokenizer {
  entry.only("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split");
  const replacement = entry.at("replacement").character(), scheme = prependScheme(entry);
  const cut = entry.at("split").flag(true), pattern = literal(replacement);
  return (text, first) => {
    const marked = text.replaceAll(" ", replacement);
    const prepends = scheme === "always" || scheme === "first" && first;
    const whole = prepends && marked !== "" && !marked.startsWith(replacement) ? replacement + marked : marked;
    return cut ? split(whole, { pattern, behaviour: "MergedWithNext" }) : [whole];
  };
}
