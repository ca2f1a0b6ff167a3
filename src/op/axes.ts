/**
 * The alphabet of axes: a letter means one thing, in equations, signatures and comments of the whole project.
 *
 * Activations are **rows** [M, D]: all sequences unpadded, one after the other. `offsets` [B+1] are the first rows of the
 * sequences; rows from `offsets[B]` on are not live: operations need not compute them, and their values are unspecified.
 *
 * @module
 */

/** What each letter of a shape counts. */
export const AXES = {
  B: "sequences of a batch",
  M: "rows: tokens of all sequences",
  S: "rows of a subset that a list of row numbers names",
  D: "width of a row, at first that of the residual stream",
  O: "columns that a projection computes",
  W: "rows of a weight matrix, of which a projection uses some or all",
  F: "feed-forward width",
  H: "query heads",
  G: "key/value heads",
  K: "width of a head",
  C: "rows of keys and values: of a forward pass or of a KV cache",
  T: "positions of a RoPE table",
  V: "ids of the vocabulary",
  J: "width of an embedding",
  L: "unrolled layers",
  N: "recursions, N_r of the paper",
  E: "alternatives of a router: experts, or depths",
  k: "alternatives chosen by a row",
  R: "LoRA rank",
  P: "slots of an engine: sequences that are decoded at once",
  I: "lines of a log on the device",
} as const;

/** A letter of the alphabet. */
export type AxisName = keyof typeof AXES;

/** Sizes by letter; undefined for axes that a call does not have. */
export type Axes = Readonly<Record<AxisName, number>>;
