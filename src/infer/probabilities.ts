/**
 * From logits to probabilities, on the host.
 *
 * @module
 */

/** log p of every entry of one row of logits, which begins at `from`, in double precision, [V]. */
export function logProbabilities(logits: ArrayLike<number>, from: number, V: number): Float64Array {
  let greatest = -Infinity;
  for (let v = 0; v < V; v++) greatest = Math.max(greatest, logits[from + v]);
  let sum = 0;
  for (let v = 0; v < V; v++) sum += Math.exp(logits[from + v] - greatest);
  const logSum = greatest + Math.log(sum);
  return Float64Array.from({ length: V }, (_, v) => logits[from + v] - logSum);
}

/** Throws `Cannot <subject> are not finite` where there is a NaN or an infinity among the numbers [from, to). */
export function requireFinite(numbers: ArrayLike<number>, subject: () => string, from = 0, to = numbers.length): void {
  for (let i = from; i < to; i++) {
    if (Number.isFinite(numbers[i])) continue;
    throw new Error(`Cannot ${subject()} are not finite: number ${i - from} is ${numbers[i]}`);
  }
}
