/** Compares the kernels with the reference on the first tokens of a text. */
import { measureNoise } from "../../reference/mod.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";

/** Differences of a device from the reference in double precision. */
export interface Agreement {
  /** Tokens compared. */
  readonly tokens: number;
  /** The largest difference of a logit. */
  readonly difference: number;
  /** Bound of its float32 error, measured with noise of each operation's error bound. */
  readonly bound: number;
  /** The largest logit. */
  readonly greatest: number;
  /** Whether every token runs as many recursions. */
  readonly sameDepth: boolean;
  /** Selections within the rounding error of a single token; with any, nothing is compared. */
  readonly undecided: readonly string[];
}

/**
 * Compares a model with the reference on a prefix of the ids.
 *
 * The prefix is halved until float32 decides every selection of the forward pass.
 */
export async function agreementOf(model: DecoderModel, ids: readonly number[]): Promise<Agreement> {
  const run = async (on: Pick<DecoderModel, "forward">) => {
    const { logits, depth } = await on.forward([ids], { logits: true });
    return { logits: logits!, depth: { shape: [ids.length], data: depth } };
  };
  const params = await model.weights();
  const { exact, bounds, undecided } = await measureNoise((noisy) =>
    run(new DecoderModel(noisy, model.config, params))
  );
  if (undecided.length > 0 && ids.length > 1) return await agreementOf(model, ids.slice(0, ids.length >> 1));
  const { logits, depth } = await run(model);
  const far = (i: number) => Math.abs(logits.data[i] - exact.logits.data[i]);
  const largest = (value: (i: number) => number) => {
    let most = 0;
    for (let i = 0; i < logits.data.length; i++) most = Math.max(most, value(i)); // NaN if one is NaN
    return most;
  };
  return {
    tokens: ids.length,
    difference: largest(far),
    bound: bounds.logits,
    greatest: largest((i) => Math.abs(exact.logits.data[i])),
    sameDepth: depth.data.every((value, m) => value === exact.depth.data[m]),
    undecided,
  };
}

/** Whether every selection is decided and equal, and every logit within the bound. */
export function agrees({ difference, bound, sameDepth, undecided }: Agreement): boolean {
  return undecided.length === 0 && sameDepth && difference <= bound;
}

/** The agreement in one sentence. */
export function agreementSentence(agreement: Agreement): string {
  const { tokens, difference, bound, greatest, sameDepth } = agreement;
  const verdict = agrees(agreement) ? "agrees with" : "IS NOT";
  const size = (value: number) => value.toExponential(1);
  return `WebGPU ${verdict} the reference: over the first ${tokens} tokens logits (up to ${greatest.toFixed(1)}) ` +
    `differ by ${size(difference)} at most,\nfloat32 may by ${size(bound)}; ` +
    `every depth is ${sameDepth ? "the same" : "NOT the same"}.`;
}
