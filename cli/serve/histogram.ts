/** Histograms of seconds in Prometheus's text format. */

/** Upper ends of the buckets, in seconds. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** A sample with its labels; `suffix` follows the name of the metric. */
export type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number, suffix?: string];

/** Histograms of one metric, one for each value of a label. */
export class Histograms {
  readonly #series = new Map<string, { readonly counts: number[]; sum: number }>();

  /** Makes empty histograms; `label` is the name of the label. */
  constructor(readonly label: string) {}

  /** Adds a time in seconds. */
  add(value: string, seconds: number): void {
    const series = this.#series.get(value) ?? { counts: new Array(BUCKETS.length + 1).fill(0), sum: 0 };
    const bucket = BUCKETS.findIndex((end) => seconds <= end);
    series.counts[bucket < 0 ? BUCKETS.length : bucket]++;
    series.sum += seconds;
    this.#series.set(value, series);
  }

  /** The cumulative buckets, sums and counts. */
  samples(): Sample[] {
    return [...this.#series].flatMap(([value, { counts, sum }]) => {
      const labels = { [this.label]: value };
      let total = 0;
      const buckets = counts.map((count, i): Sample => {
        total += count;
        return [{ ...labels, le: BUCKETS[i] ?? "+Inf" }, total, "_bucket"];
      });
      return [...buckets, [labels, sum, "_sum"] as Sample, [labels, total, "_count"] as Sample];
    });
  }
}
