/**
 * Byte-level text: the printable character of every byte, and the words that byte pairs are merged in.
 *
 * Source: A. Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" (GPT-2), `bytes_to_unicode`.
 *
 * @module
 */

/**
 * GPT-2's pattern of words; its matches cover a text without gaps. White space is Unicode's: it includes U+0085, but not
 * U+FEFF.
 */
const WORD =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The character of every byte: the byte's own if printable, else the next one from U+0100 on. */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

function byteCharacters(): string[] {
  const printable = (byte: number) => byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte !== 0xad;
  let others = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : others++));
}

/** The words of a text, in order; pairs are merged within words only. */
export function wordsOf(text: string): readonly string[] {
  return text.match(WORD) ?? [];
}
