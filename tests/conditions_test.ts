/** Conditions of operations that no signature can say are refused with their numbers. */
import { assertThrows } from "@std/assert";
import { sizes } from "../cli/lint_wgsl/sizes.ts";
import { instantiate } from "../src/op/binding.ts";
import { type AnyOp, type OpInput, spec, type Tensor } from "../src/op/op.ts";
import { type OpName, vocabulary } from "../src/ops/vocabulary.ts";

const layout = { pages: 8, pageRows: 4, recursionRows: [4, 3, 2], share: true };

/** The inputs that an operation must have, with these sizes. */
const required = ({ inputs }: AnyOp, sizes: Record<string, number>) =>
  Object.fromEntries(
    inputs.filter(({ optional }: OpInput<string>) => !optional)
      .map(({ name, type }: OpInput<string>) => [name, instantiate(type, { sizes, sources: {}, rest: [] })]),
  );

Deno.test("operations: parameters that do not fit sizes are refused", () => {
  const refused: [OpName, Record<string, unknown>, string][] = [
    ["linear", { from: 2, to: 1 }, "rows 2..1 are not inside w's 64"],
    ["linearGradX", { from: 0, to: 65 }, "rows 0..65 are not inside w's 64"],
    ["linearGradW", { from: 2, rows: 2 }, "rows 2..3 are not inside the weight's 2"],
    ["takeColumns", { from: 29, to: 31 }, "columns 29..31 are not inside x's 30"],
    ["attention", { H: 3, G: 2, K: 6 }, "3 query heads do not share 2 key/value heads evenly"],
    ["attention", { H: 4, G: 0, K: 6 }, "4 query heads do not share 0 key/value heads evenly"],
    ["rope", { H: 4, G: 2, K: 3 }, "head width 3 is odd"],
    ["route", { k: 5, kind: "softmax", alpha: 1, normalize: true }, "cannot choose 5 of 4"],
    ["loadBalanceLoss", { k: 0 }, "k is 0, expected at least 1"],
    ["dropout", { rate: 1, salt: 0 }, "rate is 1, expected 0 <= rate < 1"],
    ["jitter", { rate: -0.5, salt: 0 }, "rate is -0.5, expected rate >= 0"],
    ["kvSlots", { layout, at: 3, M: 9 }, "there is no recursion 3 of 3"],
    ["kvSlots", { layout, at: 0, M: 9 }, "offsets has shape [6], expected [P+1] with P = 3"],
    ["fitCapacity", { layout, recursion: 3 }, "there is no recursion 3 of 3"],
    ["advanceLengths", { column: 13 }, "there is no column 13 of 13"],
    ["klDivergence", { temperature: 0 }, "temperature is 0, expected a number from 1.08e-19 to 9.22e+18"],
  ];
  for (const [name, params, reason] of refused) {
    const op: AnyOp = vocabulary[name];
    const letters = { ...sizes[name as keyof typeof sizes][0], ...params, ...op.sizes(params) };
    const fill = { B: 3, M: 9, D: 64, E: 4, V: 4, W: 64, C: 300, T: 32, O: 1, P: 9, N: 3, _: 5, ...letters };
    assertThrows(() => op.infer(required(op, fill), params), RangeError, `Cannot apply ${name}: ${reason}`);
  }
});

Deno.test("operations: empty, contradictory and missing inputs are refused", () => {
  const none = { M: 9, V: 0, P: 9, N: 1, I: 0, B: 2, _: 1 };
  const { crossEntropy, sample, commitTokens, count, scatterAdd, ropeGrad, routeGrad, routeTokens } =
    vocabulary as Record<string, AnyOp>;
  const says = (op: AnyOp, inputs: Record<string, Tensor>, params: object, reason: string) =>
    assertThrows(() => op.infer(inputs, params), RangeError, `Cannot apply ${op.name}: ${reason}`);
  for (const op of [crossEntropy, sample]) says(op, required(op, none), {}, "logits have no columns");
  says(commitTokens, required(commitTokens, none), { stops: [] }, "the log has no lines");
  says(count, required(count, none), {}, "there are 9 ids for 2 rows, and no list says which");
  const [scores, experts, weights] = [spec([9, 1]), spec([9, 1], "i32"), spec([9, 1])];
  for (
    const [given, reason] of [
      [{ weights }, "experts and weights belong together"],
      [{ auxiliary: scores }, "auxiliary scores need scores"],
      [{ scores, experts, weights }, "scores and experts exclude each other"],
    ] as const
  ) {
    const params = { layout: { ...layout, recursionRows: [4] }, ran: true };
    says(routeTokens, { ...required(routeTokens, none), ...given }, params, reason);
  }
  says(scatterAdd, { x: spec([3, 2]), y: spec([2, 2]) }, {}, "x has 3 rows, y has 2, and no list says where they go");
  says(
    ropeGrad,
    { positions: spec([1], "i32"), table: spec([1, 2]) },
    { H: 1, G: 1, K: 2 },
    "neither dq nor dkv is given",
  );
  const routed = { probs: spec([1, 2]), experts: spec([1, 1], "i32"), weights: spec([1, 1]) };
  says(routeGrad, routed, { k: 1, kind: "softmax", alpha: 1, normalize: true }, "neither dprobs nor dweights is given");
});
