/**
 * The normalizer of SentencePiece: a table of replacements as a double-array trie.
 *
 * Source: J. Aoe 1989, "An Efficient Digital Search Algorithm by Using a Double-Array Structure", in the layout of darts.
 *
 * @module
 */
import type { Entry } from "./entry.ts";

/** Reads a `precompiled_charsmap`, base64; an empty or absent one changes nothing. Throws for damaged data. */
export function precompiled(entry: Entry): (text: string) => string {
  const bytes = entry.given && entry.text() !== "" ? bytesOf(entry) : undefined;
  if (!bytes) return (text) => text;
  const size = bytes.length < 4 ? Infinity : new DataView(bytes.buffer).getUint32(0, true);
  if (size % 4 !== 0 || size === 0 || 4 + size > bytes.length) {
    entry.refuse(`has ${bytes.length} bytes, which do not hold the trie of ${size} bytes that they announce`);
  }
  const units = new Uint32Array(bytes.buffer.slice(4, 4 + size)), texts = bytes.subarray(4 + size);
  const utf8 = new TextEncoder(), decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const replacement = (key: string): string | undefined => {
    const at = shortestPrefix(units, utf8.encode(key));
    if (at === undefined) return undefined;
    const end = texts.indexOf(0, at);
    return decoder.decode(texts.subarray(at, end < 0 ? undefined : end));
  };
  const clusters = new Intl.Segmenter("und", { granularity: "grapheme" });
  return (text) => {
    let result = "";
    for (const { segment } of clusters.segment(text)) {
      const whole = utf8.encode(segment).length < 6 ? replacement(segment) : undefined;
      if (whole !== undefined) result += whole;
      else for (const character of segment) result += replacement(character) ?? character;
    }
    return result;
  };
}

function bytesOf(entry: Entry): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(entry.text()), (character) => character.charCodeAt(0));
  } catch {
    return entry.expected("base64");
  }
}

/** The value of the shortest key of the trie that is a prefix of a text. */
function shortestPrefix(units: Uint32Array, key: Uint8Array): number | undefined {
  const offset = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let at = offset(units[0]);
  for (const byte of key) {
    if (byte === 0) return undefined;
    const unit = units[at ^ byte] ?? 0;
    if (((unit & 0x800000ff) >>> 0) !== byte) return undefined;
    at = at ^ byte ^ offset(unit);
    if ((unit >>> 8) & 1) return (units[at] ?? 0) & 0x7fffffff;
  }
}
