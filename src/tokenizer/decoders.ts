/**
 * Decoders: incremental conversion of tokens to text. Decoding a whole text and streaming it give equal results.
 *
 * @module
 */
import { ByteFallback, ByteLevel } from "./byte_stages.ts";
import type { Entry } from "./entry.ts";
import { prependScheme } from "./pre_tokenizers.ts";
import { fused, joined, metaspace, Replace, type Stage, Strip, WordEnds, wordPiece } from "./stages.ts";

/** Makes the stages of a decoder for one text. */
export type Stages = () => Stage[];

/** Reads a decoder; null joins tokens with blanks. Throws for unknown types and keys. */
export function readDecoder(entry: Entry): Stages {
  return entry.given ? entry.byType(READERS) : () => [joined()];
}

const READERS: Readonly<Record<string, (entry: Entry) => Stages>> = {
  ByteLevel: (entry) => (entry.only("type", "add_prefix_space", "trim_offsets", "use_regex"), () => [new ByteLevel()]),
  ByteFallback: (entry) => (entry.only("type"), () => [new ByteFallback()]),
  Fuse: (entry) => (entry.only("type"), () => [fused()]),
  Replace(entry) {
    const pattern = nonEmpty(entry.only("type", "pattern", "content").at("pattern").only("String").at("String"));
    const content = entry.at("content").text();
    return () => [new Replace(pattern, content)];
  },
  Strip(entry) {
    entry.only("type", "content", "start", "stop");
    const content = entry.at("content").character();
    const [start, stop] = [entry.at("start").whole(), entry.at("stop").whole()];
    return () => [new Strip(content, start, stop)];
  },
  Metaspace(entry) {
    entry.only("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split");
    const replacement = entry.at("replacement").character(), first = prependScheme(entry) === "never" ? " " : "";
    return () => [metaspace(replacement, first)];
  },
  WordPiece(entry) {
    const prefix = entry.only("type", "prefix", "cleanup").at("prefix").text();
    const cleanup = entry.at("cleanup").flag(true);
    return () => [wordPiece(prefix, cleanup)];
  },
  BPEDecoder(entry) {
    const suffix = nonEmpty(entry.only("type", "suffix").at("suffix"));
    return () => [new WordEnds(suffix)];
  },
  Sequence(entry) {
    const steps = entry.only("type", "decoders").at("decoders").items().map(readDecoder);
    return () => steps.flatMap((stages) => stages());
  },
};

function nonEmpty(entry: Entry): string {
  return entry.text() === "" ? entry.expected("a text that is not empty") : entry.text();
}
