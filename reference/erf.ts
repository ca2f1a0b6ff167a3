/**
 * The error function in double precision, from its two classical expansions.
 *
 * Source: NIST Digital Library of Mathematical Functions, 7.6.2 (series) and 7.9.1 (continued fraction).
 *
 * @module
 */

/** Below this the series is used, from here on the continued fraction. */
const SPLIT = 2;

/** erf(x) = 2/√π·∫₀ˣ e^(−t²) dt, within 1e-15. */
export function erf(x: number): number {
  const z = Math.abs(x);
  return Math.sign(x) * (z < SPLIT ? series(z) : 1 - fraction(z));
}

/** erfc(x) = 1 − erf(x), within 1e-15, and with small relative error where it is small. */
export function erfc(x: number): number {
  if (x < SPLIT) return 1 - erf(x);
  return fraction(x);
}

/** erf(z) = 2/√π·e^(−z²)·Σ_n 2ⁿ z^(2n+1) / (1·3·…·(2n+1)): every term is positive, nothing cancels. */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= 2 * z * z / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
}

/** erfc(z) = e^(−z²)/√π · 1/(z + (1/2)/(z + 1/(z + (3/2)/(z + …)))), from the inside out. */
function fraction(z: number): number {
  if (z === Infinity) return 0;
  let tail = z;
  // at z = 2 the error falls as e^(−2z√(2n)), 1e-17 after 50 steps; beyond, 20 steps do
  for (let n = 20 + Math.ceil(120 / (z * z)); n > 0; n--) tail = z + n / 2 / tail;
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / tail;
}
