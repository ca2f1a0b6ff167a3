/**
 * Numbers that mean the same on every device.
 *
 * Devices store float32 and may flush numbers below the smallest normal one to zero; a reciprocal of a number above
 * 2¹²⁶ is one of those.
 *
 * @module
 */

/** Smallest size of a number, other than 0, that float32 holds as a normal number with its reciprocal. */
export const LEAST_SIZE: number = 2 ** -126;

/** Greatest such size. */
export const MOST_SIZE: number = 2 ** 126;

/** Whether a number is 0, or float32 holds it and its reciprocal as normal numbers. */
export function fitsFloat32(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= LEAST_SIZE && size <= MOST_SIZE);
}

/** A number as messages about ranges write it. */
export function shortNumber(value: number): string {
  const text = String(value);
  return text.length > 8 ? value.toPrecision(3) : text;
}

/** The numbers of {@link fitsFloat32}, as messages say it. */
export const FLOAT32_SIZES = `0 or a size from ${shortNumber(LEAST_SIZE)} to ${shortNumber(MOST_SIZE)}`;

/**
 * Throws a RangeError unless a number is in a range whose ends every device can tell from 0 and infinity.
 *
 * ```ts
 * import { requireFloat32 } from "./float32.ts";
 * requireFloat32("sample", "temperature", 0.8, { zero: true });
 * ```
 */
export function requireFloat32(
  action: string,
  name: string,
  value: number,
  { least = LEAST_SIZE, most = MOST_SIZE, zero = false }: { least?: number; most?: number; zero?: boolean } = {},
): void {
  if ((zero && value === 0) || (value >= least && value <= most)) return;
  const range = `${zero ? "0 or " : ""}a number from ${shortNumber(least)} to ${shortNumber(most)}`;
  throw new RangeError(`Cannot ${action}: ${name} is ${value}, expected ${range}`);
}
