/**
 * A pseudo-random permutation index → number, computed instead of stored, with a different one for each epoch.
 *
 * A Feistel network on the digits (l, r) of a number, l = (l + f(r)) mod a and r = (r + g(l)) mod b in turn, is a
 * bijection on a·b numbers; walking its cycle until below `count` makes it one on `count` numbers (J. Black and
 * P. Rogaway 2002, "Ciphers with Arbitrary Finite Domains", sections 3.2 and 3.3).
 *
 * @module
 */
import { uniformAt } from "../../common/random.ts";

/** Rounds of the network, an even number. */
const ROUNDS = 6;

/** Stream constant: separates these draws from others of the same seed. */
const PURPOSE = 0x73687566;

/**
 * The number at an index of an epoch's permutation of 0 … count − 1.
 *
 * ```ts
 * import { permuted } from "@refrain/transformers/train";
 * [0, 1, 2, 3].map((place) => permuted(place, 4, { seed: 1, epoch: 0 })).sort(); // [0, 1, 2, 3]
 * ```
 */
export function permuted(
  place: number,
  count: number,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
): number {
  const a = Math.ceil(Math.sqrt(count)), b = Math.ceil(count / a);
  let number = place;
  do {
    let l = Math.floor(number / b), r = number % b;
    for (let round = 0; round < ROUNDS; round += 2) {
      const salt = epoch * ROUNDS + round;
      l = (l + Math.floor(uniformAt(seed ^ PURPOSE, salt, r) * a)) % a;
      r = (r + Math.floor(uniformAt(seed ^ PURPOSE, salt + 1, l) * b)) % b;
    }
    number = l * b + r;
  } while (number >= count);
  return number;
}
