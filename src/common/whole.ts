/**
 * Whole numbers among options: checked by name before anything is cut off them.
 *
 * @module
 */

/** Throws `Cannot <action>: <name> is <value>, expected a whole number from <least> to <most>` for anything else. */
export function demandWhole(action: string, name: string, value: number, least: number, most = 2 ** 53 - 1): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`Cannot ${action}: ${name} is ${value}, expected a whole number from ${least} to ${most}`);
}

/** Throws unless a seed is a whole number of 32 bits with a sign. */
export function demandSeed(action: string, seed: number): void {
  demandWhole(action, "seed", seed, -(2 ** 31), 2 ** 31 - 1);
}

/** Throws unless an id is inside a vocabulary of V. */
export function demandId(action: string, id: number, V: number): void {
  if (Number.isInteger(id) && id >= 0 && id < V) return;
  throw new RangeError(`Cannot ${action}: id ${id} is outside the vocabulary of ${V}`);
}
