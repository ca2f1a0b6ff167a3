/** Every operation refuses calls that do not fit its signature, by name and numbers. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { callsOf, type ExampleCall } from "../cli/lint_wgsl/calls.ts";
import { sizes } from "../cli/lint_wgsl/sizes.ts";
import { type AnyOp, type OpInput, spec, type Tensor } from "../src/op/op.ts";
import type { Axis } from "../src/op/signature.ts";
import { type OpName, vocabulary } from "../src/ops/vocabulary.ts";

/** The call of an operation's first example that has an input, and as many others as it takes with that. */
function callWith(op: AnyOp, name?: string): ExampleCall {
  const given = ({ inputs }: ExampleCall) => Object.values(inputs).filter(Boolean).length;
  return [...callsOf(op, sizes[op.name as OpName][0])].filter(({ inputs }) => !name || inputs[name])
    .reduce((most, call) => given(call) > given(most) ? call : most);
}

const calls = Object.values<AnyOp>(vocabulary).map((op): [AnyOp, ExampleCall] => [op, callWith(op)]);

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

for (const [op] of calls) {
  Deno.test(`${op.name}: refuses inputs of another rank, size or type, and missing ones`, () => {
    for (const { name, optional, type } of op.inputs as OpInput<string>[]) {
      const call = callWith(op, name);
      const { shape, dtype } = call.inputs[name];
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

Deno.test("operations: each one declares the shapes and types of its outputs", () => {
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
