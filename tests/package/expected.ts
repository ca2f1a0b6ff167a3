/**
 * The results of the app in Deno, and how far others may be from them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { results } from "./app/results.js";
import { models, type Results } from "./support.ts";

/** What the app computes in Deno on the reference. */
export const expected: Results = await results(models, "reference");

/** Terms of the longest sum of the encoder. */
const { intermediate_size: TERMS } = JSON.parse(
  await Deno.readTextFile(`${models}/stories-modernalbert/config.json`),
) as { intermediate_size: number };

/** Rounding errors of float32 in a sum of {@link TERMS} numbers that are at most 1. */
const BOUND = TERMS * 2 ** -24;

/** Asserts that a device computes the same text, ids and depths, and numbers within the rounding errors. */
export function assertResults({ story, mask, embedding }: Results, place: string): void {
  assertEquals(story, expected.story, place);
  assertEquals(mask.text, expected.mask.text, place);
  assertEquals(embedding.length, expected.embedding.length, place);
  const errors = [...embedding.map((x, i) => x - expected.embedding[i]), mask.probability - expected.mask.probability];
  const worst = errors.reduce((most, error) => Math.max(most, Math.abs(error)), 0); // NaN stays
  assertEquals(worst <= BOUND, true, `${place}: a number is ${worst} from that of Deno, at most ${BOUND} is expected`);
}
