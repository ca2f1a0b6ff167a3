/**
 * The split of documents into training and held-out ones.
 *
 * @module
 */
import { uniformAt } from "../../common/random.ts";
import { demandSeed } from "../../common/whole.ts";

/** Stream constant: separates these draws from others of the same seed. */
const PURPOSE = 0x686f6c64;

/**
 * Whether a document is held out, with probability `share`. The decision is a hash of seed and text, so that copies of a
 * document are on the same side.
 */
export function isHeldOut(text: string, { seed, share }: { readonly seed: number; readonly share: number }): boolean {
  demandSeed("split documents", seed);
  return uniformAt(seed, PURPOSE, hashOf(text)) < share;
}

/** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo) over UTF-16 units instead of bytes. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
