/** Every operation refuses calls that do not fit its signature, by name and numbers. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { callsOf, type ExampleCall } from "../cli/lint_wgsl/calls.ts";
import { sizes } from "../cli/lint_wgsl/sizes.ts";
import { instantiate } from "../src/op/binding.ts";
import { type AnyOp, type OpInput, spec, type Tensor } from "../src/op/op.ts";
import { type Axis, parseType } from "../src/op/signature.ts";
import { type OpName, vocabulary } from "../src/ops/vocabulary.ts";

/** The first call of every operation with all inputs that it takes at once. */
const calls = Object.entries(sizes).map(([name, [example]]): [AnyOp, ExampleCall] => {
  const all = [...callsOf(vocabulary[name as OpName], example)];
  const given = ({ inputs }: ExampleCall) => Object.values(inputs).filter(Boolean).length;
  return [vocabulary[name as OpName], all.reduce((most, call) => given(call) > given(most) ? call : most)];
});

/** Runs a call with some inputs replaced. */
const infer = (op: AnyOp, { inputs, params }: ExampleCall, changed: Record<string, Tensor | undefined> = {}) =>
  op.infer({ ...inputs, ...changed } as Record<string, Tensor>, params);

/** Asserts that an operation refuses a call, and that the message names the input or another that disagrees with it. */
function refuses(op: AnyOp, call: ExampleCall, name: string, tensor: Tensor | undefined): void {
  const error = assertThrows(() => infer(op, call, { [name]: tensor }), RangeError, `Cannot apply ${op.name}: `);
  assertMatch(error.message, new RegExp(`\\b${name}\\b`), `${op.name}.${name} [${tensor?.shape}]`);
}

/** Letters of an axis. */
const lettersOf = ({ terms }: Axis) => terms.flatMap(({ letters }) => letters as readonly string[]);

/** Whether another axis of a call, or a parameter, says how large this one is. */
function determined(op: AnyOp, call: ExampleCall, axis: Axis): boolean {
  const axes = op.inputs.filter(({ name }: OpInput<string>) => call.inputs[name])
    .flatMap(({ type }: OpInput<string>) => type.axes as Axis[]).filter((other: Axis) => other !== axis);
  const known = new Set([...axes.flatMap(lettersOf), ...Object.keys(op.sizes(call.params)), ...Object.keys(op.params)]);
  return lettersOf(axis).every((letter) => known.has(letter));
}

for (const [op, call] of calls) {
  Deno.test(`${op.name}: refuses inputs of another rank, size or type, and missing ones`, () => {
    infer(op, call);
    for (const { name, optional, type } of op.inputs as OpInput<string>[]) {
      const { shape, dtype } = call.inputs[name]!;
      if (!type.rest) refuses(op, call, name, spec([...shape, 1], dtype));
      if (!type.rest || type.axes.length > 0) refuses(op, call, name, spec([], dtype));
      if (type.dtype !== "any") refuses(op, call, name, spec(shape, dtype === "f32" ? "i32" : "f32"));
      if (!optional) refuses(op, call, name, undefined);
      type.axes.forEach((axis, i) => {
        if (determined(op, call, axis)) refuses(op, call, name, spec(shape.with(i, shape[i] + 1), dtype));
      });
    }
  });
}

Deno.test("operations: every one says the shapes and types of its outputs", () => {
  for (const [op, call] of calls) {
    const outputs = infer(op, call);
    for (const { name, type, overwrites } of op.outputs) {
      const { shape, dtype } = outputs[name];
      assert(shape.every((size: number) => Number.isInteger(size) && size >= 0), `${op.name}.${name} is [${shape}]`);
      if (type.dtype !== "any") assertEquals(dtype, type.dtype);
      if (overwrites) assertEquals({ shape, dtype }, call.inputs[name]);
    }
  }
});

/** Parameters with one of them changed, wherever it is; undefined where there is none of that type. */
function changed(params: object, types: object, type: (value: unknown) => boolean, value: unknown): object | undefined {
  for (const [name, of] of Object.entries(types)) {
    const inner = (params as Record<string, object>)[name];
    if (type(of)) return { ...params, [name]: value };
    const nested = typeof of === "object" && !Array.isArray(of) && changed(inner, of, type, value);
    if (nested) return { ...params, [name]: nested };
  }
}

Deno.test("operations: no operation takes a word that it does not list, or a number that float32 does not hold", () => {
  const wrong: [(type: unknown) => boolean, unknown[], string][] = [
    [Array.isArray, ["median", undefined], "expected one of "],
    [
      (type) => type === "number",
      [1e-39, -1e-50, 1e38, Infinity, NaN],
      "expected 0 or a size from 1.18e-38 to 8.51e+37",
    ],
    [(type) => type === "size", [-1, 0.5, NaN, undefined], "expected a whole number from 0"],
    [(type) => type === "boolean", [0, "true", undefined], "expected true or false"],
  ];
  for (const [type, values, expected] of wrong) {
    let found = 0;
    for (const [op, { inputs, params }] of calls) {
      for (const value of values) {
        const other = changed(params, op.params, type, value);
        if (!other) continue;
        const error = assertThrows(() => op.infer(inputs, other), RangeError, `Cannot apply ${op.name}: `);
        assert(error.message.endsWith(expected) || error.message.includes(expected), error.message);
        found++;
      }
    }
    assert(found > 0);
  }
});

Deno.test("operations: conditions beside shapes are refused with their numbers", () => {
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
    ["klDivergence", { temperature: 0 }, "temperature is 0, expected a number from 1.08e-19 to 9.22e+18"],
  ];
  for (const [name, params, reason] of refused) {
    const op: AnyOp = vocabulary[name];
    const letters = { ...sizes[name as keyof typeof sizes][0], ...params, ...op.sizes(params) };
    const fill = { B: 3, M: 9, D: 64, E: 4, V: 4, W: 64, C: 300, T: 32, O: 1, ...letters };
    const inputs = op.inputs.filter(({ optional }: OpInput<string>) => !optional)
      .map(({ name, type }: OpInput<string>) => [name, instantiate(type, { sizes: fill, sources: {}, rest: [] })]);
    assertThrows(() => op.infer(Object.fromEntries(inputs), params), RangeError, `Cannot apply ${name}: ${reason}`);
  }
  const empty = { M: 9, V: 0 };
  const none = (text: string) => instantiate(parseType(text), { sizes: empty, sources: {} });
  const { crossEntropy, scatterAdd, ropeGrad, routeGrad } = vocabulary as Record<string, AnyOp>;
  const says = (op: AnyOp, inputs: Record<string, Tensor>, params: object, reason: string) =>
    assertThrows(() => op.infer(inputs, params), RangeError, `Cannot apply ${op.name}: ${reason}`);
  says(crossEntropy, { logits: none("M V"), labels: none("M i32") }, {}, "logits have no columns");
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
