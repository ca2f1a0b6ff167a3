/**
 * Normalizers of a text before it is split.
 *
 * @module
 */
import { BYTE_CHARACTERS } from "./byte_level.ts";
import type { Entry } from "./entry.ts";
import { patternOf } from "./patterns.ts";
import { precompiled } from "./precompiled.ts";
import { lowerCase, strip } from "./unicode.ts";

/** Normalizes a text. */
export type Normalizer = (text: string) => string;

const utf8 = new TextEncoder();

/** The characters of a text's bytes. */
export function byteLevel(text: string): string {
  let characters = "";
  for (const byte of utf8.encode(text)) characters += BYTE_CHARACTERS[byte];
  return characters;
}

/** Reads a normalizer; null is none. Throws for unknown types and keys. */
export function readNormalizer(entry: Entry): Normalizer {
  return entry.given ? entry.byType(READERS) : (text) => text;
}

const form = (form: "NFC" | "NFD" | "NFKC" | "NFKD") => (entry: Entry): Normalizer => {
  entry.only("type");
  return (text) => text.normalize(form);
};

const READERS: Readonly<Record<string, (entry: Entry) => Normalizer>> = {
  NFC: form("NFC"),
  NFD: form("NFD"),
  NFKC: form("NFKC"),
  NFKD: form("NFKD"),
  Lowercase: (entry) => (entry.only("type"), lowerCase),
  StripAccents: (entry) => (entry.only("type"), (text) => text.replace(/\p{M}/gu, "")),
  Nmt: (entry) => (entry.only("type"), nmt),
  ByteLevel: (entry) => (entry.only("type"), byteLevel),
  BertNormalizer: readBert,
  Precompiled: (entry) => precompiled(entry.only("type", "precompiled_charsmap").at("precompiled_charsmap")),
  Strip(entry) {
    entry.only("type", "strip_left", "strip_right");
    const [left, right] = [entry.at("strip_left").flag(true), entry.at("strip_right").flag(true)];
    return (text) => strip(text, left, right);
  },
  Replace(entry) {
    const pattern = patternOf(entry.only("type", "pattern", "content").at("pattern"));
    const content = entry.at("content").text();
    return (text) => text.replace(pattern, () => content);
  },
  Prepend(entry) {
    const prefix = entry.only("type", "prepend").at("prepend").text();
    return (text) => text === "" ? "" : prefix + text;
  },
  Sequence(entry) {
    const steps = entry.only("type", "normalizers").at("normalizers").items().map(readNormalizer);
    return (text) => steps.reduce((text, step) => step(text), text);
  },
};

/** Removes control characters, and replaces white space by blanks. */
function nmt(text: string): string {
  // deno-lint-ignore no-control-regex
  const kept = text.replace(/[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]/g, "");
  return kept.replace(/[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g, " ");
}

/** Ideographs that BERT separates by blanks; the fifth range starts as in the fast implementation. */
const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function readBert(entry: Entry): Normalizer {
  entry.only("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
  const clean = entry.at("clean_text").flag(true), ideographs = entry.at("handle_chinese_chars").flag(true);
  const lower = entry.at("lowercase").flag(true), accents = entry.at("strip_accents").flag(lower);
  return (text) => {
    if (clean) text = text.replace(/(?![\t\n\r])[\0\ufffd\p{Cc}\p{Cf}\p{Co}]/gu, "").replace(/\p{White_Space}/gu, " ");
    if (ideographs) text = text.replace(IDEOGRAPH, " $& ");
    if (accents) text = text.normalize("NFD").replace(/\p{Mn}/gu, "");
    return lower ? lowerCase(text) : text;
  };
}
