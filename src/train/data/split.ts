/**
 * Which documents are held out.
 *
 * @module
 */
import { uniformAt } from "../../common/random.ts";
import { demandSeed } from "../../common/whole.ts";

/** Keeps the numbers drawn here apart from others of the same seed. */
const PURPOSE = 0x686f6c64;

/**
 * Whether a document is held out, as about `share` of all are. It depends on seed and text alone, so that two copies
 * of a document are never on both sides.
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
