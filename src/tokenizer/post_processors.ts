/**
 * Post-processors: special tokens around a text.
 *
 * @module
 */
import { quote } from "../checkpoint/messages.ts";
import type { Entry } from "./entry.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Ids around the ids of a text. */
export interface Frame {
  /** Ids before them. */
  readonly before: readonly number[];
  /** Ids after them. */
  readonly after: readonly number[];
}

/** No tokens around a text. */
export const NO_FRAME: Frame = { before: [], after: [] };

/** Reads a post-processor; null is none. Throws for unknown types and keys, and for tokens outside the vocabulary. */
export function readPostProcessor(entry: Entry, vocabulary: Vocabulary): Frame {
  if (!entry.given) return NO_FRAME;
  return entry.byType<Frame>({
    ByteLevel: () => (entry.only("type", "add_prefix_space", "trim_offsets", "use_regex"), NO_FRAME),
    BertProcessing: () => surrounded(entry.only("type", "sep", "cls"), vocabulary),
    RobertaProcessing: () =>
      surrounded(entry.only("type", "sep", "cls", "trim_offsets", "add_prefix_space"), vocabulary),
    TemplateProcessing: () => template(entry.only("type", "single", "pair", "special_tokens"), vocabulary),
    Sequence: () =>
      entry.only("type", "processors").at("processors").items().reduce((inner, item) => {
        const { before, after } = readPostProcessor(item, vocabulary);
        return { before: [...before, ...inner.before], after: [...inner.after, ...after] };
      }, NO_FRAME),
  });
}

/** An id of a token, checked against the vocabulary. */
function checked(token: Entry, id: Entry, vocabulary: Vocabulary): number {
  const known = vocabulary.get(token.text());
  if (known === undefined) token.refuse(`is ${quote(token.text())}, which is not in the vocabulary`);
  if (known !== id.whole()) id.refuse(`is ${id.value}, and the vocabulary has ${quote(token.text())} as ${known}`);
  return known!;
}

function surrounded(entry: Entry, vocabulary: Vocabulary): Frame {
  const id = (key: "cls" | "sep") => {
    const pair = entry.at(key);
    return pair.length === 2 ? checked(pair.item(0), pair.item(1), vocabulary) : pair.expected("a token and its id");
  };
  return { before: [id("cls")], after: [id("sep")] };
}

function template(entry: Entry, vocabulary: Vocabulary): Frame {
  const before: number[] = [], after: number[] = [];
  let texts = 0;
  for (const part of entry.at("single").items()) {
    part.only("SpecialToken", "Sequence");
    const special = part.at("SpecialToken");
    if (!special.given) {
      const id = part.at("Sequence").at("id");
      if (id.text() !== "A" || texts++ > 0) id.refuse(`is ${quote(id.text())}, expected "A" once`);
      continue;
    }
    const name = special.at("id").text(), token = entry.at("special_tokens").at(name);
    if (!token.given) special.at("id").refuse(`is ${quote(name)}, which is not in post_processor.special_tokens`);
    const tokens = token.at("tokens").items(), ids = token.at("ids").items();
    if (tokens.length !== ids.length) token.at("ids").refuse(`has ${ids.length} ids for ${tokens.length} tokens`);
    (texts > 0 ? after : before).push(...ids.map((id, i) => checked(tokens[i], id, vocabulary)));
  }
  if (texts === 0) entry.at("single").refuse("has no place for the text");
  return { before, after };
}
