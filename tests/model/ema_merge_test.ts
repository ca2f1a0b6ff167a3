/** EMA merging (docs/mol.md, "EMA merging"): laws of the weights, and refusals. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ReferenceDevice } from "../../reference/mod.ts";
import { emaUpdate, type MergeInputs, type MergeOptions, mergeWeights } from "../../src/model/merge.ts";
import type { ExpertResult } from "../../src/model/results.ts";
import { decoderOn, encoderOn, largestDifference, smallDecoder, someIds } from "../support/models.ts";

const E = 4, K = 2;
const mol = { ...smallDecoder({ mol: { layers: [0, 3], num_experts: E, top_k: K, lora_rank: 2 } }).mol! };

/** The K best experts of each token of one layer, with weights that sum to 1. */
type Tokens = readonly { readonly order: readonly number[]; readonly weight: number }[];
const tokens = fc.array(
  fc.record({
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: K, maxLength: K }),
    weight: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 6 },
);
const decays = fc.double({ min: 0, max: 0.999, noNaN: true });

function useOf(layer: number, application: number, list: Tokens): ExpertResult {
  return {
    ...{ layer, application, k: K },
    rows: Int32Array.from(list.keys()),
    experts: Int32Array.from(list.flatMap(({ order }) => order)),
    weights: Float64Array.from(list.flatMap(({ weight }) => [weight, 1 - weight])) as unknown as Float32Array,
  };
}

/** Merge weights of layers whose routing of every sequence of one id is given. */
const weightsOf = (options: MergeOptions, experts: (index: number) => ExpertResult[]) => {
  const route: MergeInputs["route"] = ([ids]) => Promise.resolve({ experts: experts(ids[0]) });
  return mergeWeights({ mol, options, idsOf: () => [], route });
};

/** Weights of layer 3 after these sequences; layer 0 routes nothing. */
async function weightsAfter(sequences: readonly Tokens[], decay: number): Promise<Float64Array> {
  const calibration = sequences.map((_, index) => [index]);
  const uses = (index: number) => [useOf(0, 0, []), useOf(3, 1, sequences[index])];
  const weights = await weightsOf({ calibration, decay }, uses);
  assertEquals(weights.get(0), new Float64Array(E).fill(1 / E));
  return weights.get(3)!;
}

/** Mean over tokens of w, by the definition. */
function meanOf(list: Tokens): number[] {
  const w = ({ order, weight }: Tokens[number], e: number) => [weight, 1 - weight][order.indexOf(e)] ?? 0;
  return Array.from({ length: E }, (_, e) => list.reduce((sum, token) => sum + w(token, e), 0) / list.length);
}

const close = (a: ArrayLike<number>, b: ArrayLike<number>) => assert(largestDifference(a, b) < 1e-12, `[${a}], [${b}]`);

Deno.test("EMA weights: q is βⁿ/E + (1 − β)·Σ βⁿ⁻ⁱ·mᵢ, and sums to 1 where the routing weights do", () =>
  fc.assert(fc.asyncProperty(fc.array(tokens, { minLength: 1, maxLength: 5 }), decays, async (sequences, decay) => {
    const q = await weightsAfter(sequences, decay), n = sequences.length;
    const term = (e: number) => (sum: number, list: Tokens, i: number) => sum + decay ** (n - 1 - i) * meanOf(list)[e];
    close(q, q.map((_, e) => decay ** n / E + (1 - decay) * sequences.reduce(term(e), 0)));
    assertAlmostEquals(q.reduce((sum, value) => sum + value), 1, 1e-12);
  })));

Deno.test("EMA weights: β = 0 gives the last mean, a constant mean is the fixed point, the order of tokens is irrelevant", () =>
  fc.assert(fc.asyncProperty(tokens, tokens, decays, async (first, last, decay) => {
    close(await weightsAfter([first, last], 0), meanOf(last));
    const mean = Float64Array.from(meanOf(first));
    close(emaUpdate(mean, mean, decay), mean);
    close(await weightsAfter([first, first, first], decay), mean.map((m) => m + decay ** 3 * (1 / E - m)));
    close(await weightsAfter([first, last], decay), await weightsAfter([first.toReversed(), last.toReversed()], decay));
  })));

Deno.test("EMA weights: the tokens of all applications of a layer count alike", () =>
  fc.assert(fc.asyncProperty(tokens, tokens, async (first, second) => {
    const weights = await weightsOf({ calibration: [[0]], decay: 0 }, () => [useOf(3, 1, first), useOf(3, 2, second)]);
    close(weights.get(3)!, meanOf([...first, ...second]));
  })));

Deno.test("EMA merging: the weights are those of the model's own routing, layer by layer", async () => {
  const encoder = encoderOn(new ReferenceDevice("f64")), sequences = [someIds(1, 9), someIds(2, 4)];
  const options = { calibration: sequences, decay: 0.9 }, mol = encoder.config.mol!;
  const inputs = { mol, options, idsOf: () => [], route: (ids: readonly ArrayLike<number>[]) => encoder.forward(ids) };
  const weights = [...(await mergeWeights(inputs)).get(mol.layers[0])!];
  assert(Math.max(...weights) - Math.min(...weights) > 0.01);
  const [ema, given] = [await encoder.merge(options), await encoder.merge({ weights })];
  assertEquals(await ema.weights(), await given.weights());
});

Deno.test("EMA merging: refuses an empty calibration, a decay outside [0, 1), and models without experts", async () => {
  const encoder = encoderOn(new ReferenceDevice()), calibration = [[1, 2]];
  const refused = (options: MergeOptions, reason: string) =>
    assertRejects(() => encoder.merge(options), Error, `Cannot ${reason}`);
  await refused({ calibration: [] }, "merge experts: the calibration has no sequences");
  await refused({ calibration: [[]] }, "run the model: sequence 0 is empty");
  await refused({ calibration: ["a text"] }, "encode text: the model was loaded without a tokenizer");
  for (const decay of [1, -0.1, 2, NaN]) await refused({ calibration, decay }, `merge experts: decay is ${decay}`);
  await refused({ decay: 0.5 }, "merge experts: the decay 0.5 needs a calibration");
  await refused({ calibration, weights: [0.5, 0.25, 0.25] }, "merge experts: weights and a calibration exclude");
  const plain = decoderOn(new ReferenceDevice());
  await assertRejects(() => plain.merge({ calibration }), Error, "Cannot merge experts: this model has none");
});
