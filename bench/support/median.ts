/** The middle one of some measurements; the mean of the two in the middle where they are even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The number of samples that a flag asks for. Throws a RangeError for none. */
export function samplesOf(flag: unknown): number {
  const samples = Number(flag);
  if (Number.isInteger(samples) && samples >= 1) return samples;
  throw new RangeError(`Cannot measure: --samples is ${flag}, expected a whole number from 1`);
}
