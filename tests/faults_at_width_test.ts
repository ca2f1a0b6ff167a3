/** Faults that a bound must detect at published widths; computed on the host in place of a kernel. */
import { assertThrows } from "@std/assert";
import { type HostTensor, hostTensor } from "../src/op/device.ts";
import type { AnyOp } from "../src/op/op.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { activations } from "../reference/activation.ts";
import { derivatives } from "../reference/activation_grad.ts";
import { wide, type WideCase } from "./cases/wide.ts";
import { compare } from "./support/compare.ts";

type Hosts = Readonly<Record<string, HostTensor>>;

/** What an operation computes in float32. */
function computed(op: AnyOp, inputs: Hosts, params: unknown): Hosts {
  const device = new ReferenceDevice();
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, host]) => [name, device.from(host)]));
  return device.run(op, tensors, params) as Hosts;
}

/** Asserts that a wrong result of a case exceeds the bound. */
function assertRed({ op, inputs, params }: WideCase, wrong: Hosts): void {
  assertThrows(() => compare(op, { inputs, params } as never, wrong), Error, "> bound");
}

/** The cases of some operations whose first tensor has 2,624 columns, or all of them. */
function cases(names: readonly string[], every = false): WideCase[] {
  return wide.filter(({ op, inputs }) =>
    names.includes(op.name) && (every || Object.values(inputs)[0].shape.at(-1)! % 2624 === 0)
  );
}

/** Float32 numbers rounded to bfloat16, ties to even. */
function toBfloat16({ shape, data }: HostTensor): HostTensor {
  if (data instanceof Int32Array) return { shape, data };
  const words = new Uint32Array(Float32Array.from(data).buffer);
  return hostTensor(shape, new Float32Array(words.map((w) => (w + 0x7fff + ((w >>> 16) & 1)) & 0xffff0000).buffer));
}

/** Averages of many terms, in which the errors of rounded operands cancel below what float32 may do. */
const AVERAGES = ["sumSquares", "loadBalanceLoss"];

Deno.test("faults at published widths: operands rounded to bfloat16 exceed every bound but that of two averages", () => {
  for (const one of wide) {
    if (AVERAGES.includes(one.op.name)) continue;
    const rounded = Object.fromEntries(Object.entries(one.inputs).map(([name, host]) => [name, toBfloat16(host)]));
    assertRed(one, computed(one.op, rounded, one.params));
  }
});

Deno.test("faults at published widths: an epsilon off by a tenth exceeds the bounds of norms", () => {
  // beside a variance of 1 a tenth of 1e-5 changes results by 5e-7, less than WGSL lets inverseSqrt err; embeddings start
  // with standard deviations of 0.02, where it changes them by 1e-3, and norms alone are seen at 0.1 too
  for (const one of cases(["norm", "normGrad", "normLinear", "normGated"])) {
    for (const scale of "w" in one.inputs ? [0.02] : [0.02, 0.1]) {
      const x = hostTensor(one.inputs.x.shape, one.inputs.x.data.map((value) => scale * value) as Float32Array);
      const inputs = { ...one.inputs, x };
      const params = one.params as { eps?: number; norm?: { kind: string; eps: number } };
      const other = params.norm
        ? { ...params, norm: { ...params.norm, eps: 1.1 * params.norm.eps } }
        : { ...params, eps: 1.1 * params.eps! };
      assertRed({ ...one, inputs }, computed(one.op, inputs, other));
    }
  }
});

/** The same with zeros in the last of `columns` columns. */
function withoutLast({ shape, data }: HostTensor): HostTensor {
  const columns = shape.at(-1)!;
  return { shape, data: data.map((value, i) => (i + 1) % columns === 0 ? 0 : value) as HostTensor["data"] };
}

Deno.test("faults at published widths: one missing term of 2,624 exceeds the bounds of sums", () => {
  const first = { linear: "x", loraDown: "x", normLinear: "x", dotRows: "a", dotSlots: "a", cosineDistance: "a" };
  for (const [name, input] of Object.entries(first)) {
    for (const one of cases([name])) {
      const inputs = { ...one.inputs, [input]: withoutLast(one.inputs[input]) };
      assertRed(one, computed(one.op, inputs, one.params));
    }
  }
  for (const one of cases(["linearGradX"], true)) {
    assertRed(one, computed(one.op, { ...one.inputs, dy: withoutLast(one.inputs.dy) }, one.params));
  }
});

Deno.test("faults at published widths: one missing key of 2,048 exceeds the bounds of attention", () => {
  for (const one of cases(["attention", "attentionStats", "attentionGradQ"], true)) {
    const { shape, data } = one.inputs.ranges;
    const ranges = { shape, data: (data as Int32Array).map((end, i) => i % 2 ? end - 1 : end) };
    assertRed(one, computed(one.op, { ...one.inputs, ranges }, one.params));
  }
});

Deno.test("faults at published widths: a missing share of 50,000 logits exceeds the bounds of losses", () => {
  for (const one of cases(["crossEntropy", "logSumExp", "topLogProbs"], true)) {
    const [name, { shape, data }] = Object.entries(one.inputs)[0];
    const rest = (data as Float32Array).map((value, i) => i % 50_000 >= 49_744 ? -Infinity : value); // 256 of them
    assertRed(one, computed(one.op, { ...one.inputs, [name]: hostTensor(shape, rest) }, one.params));
  }
});

Deno.test("faults at published widths: a result off by 1e-4 exceeds the bounds of losses, products and sums", () => {
  const losses = ["crossEntropy", "logSumExp", "klDivergence", "cosineDistance", "sample", "mean", "loadBalanceLoss"];
  for (const one of cases([...losses, "sumSquares", "dotRows", "dotSlots"], true)) {
    const wrong = Object.entries(computed(one.op, one.inputs, one.params)).map(([name, { shape, data }]) => {
      return [name, data instanceof Int32Array ? { shape, data } : { shape, data: data.map((x) => x * (1 + 1e-4)) }];
    });
    assertRed(one, Object.fromEntries(wrong));
  }
});

/** A tensor of scaled numbers, the last of every `row` of them replaced by `end`. */
function withEnd({ shape, data }: HostTensor, row: number, scale: number, end: number): HostTensor {
  return hostTensor(shape, (data as Float32Array).map((x, i) => (i + 1) % row ? scale * x : end));
}

Deno.test("faults at published widths: one missing term of 50,000 or of 2,048 exceeds the bounds of losses", () => {
  const powers = { crossEntropy: ["logits", 1], logSumExp: ["x", 1], klDivergence: ["teacher", 4] } as const;
  for (const [name, [input, end]] of Object.entries(powers)) {
    for (const one of cases([name], true)) {
      const ended = (end: number) => ({
        ...one.inputs,
        [input]: withEnd(one.inputs[input], one.inputs[input].shape[1], 0.2, end),
      });
      assertRed({ ...one, inputs: ended(end) }, computed(one.op, ended(-Infinity), one.params));
    }
  }
  for (const [name, input] of Object.entries({ mean: "x", loadBalanceLoss: "probs" })) {
    for (const one of cases([name], true)) {
      const less = withEnd(one.inputs[input], one.inputs[input].data.length, 1, 0);
      assertRed(one, computed(one.op, { ...one.inputs, [input]: less }, one.params));
    }
  }
});

/** gelu by tanh, the approximation of Hendrycks & Gimpel. */
const inner = (x: number) => Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
const geluTanh = (x: number) => x / 2 * (1 + inner(x));
const geluTanhGrad = (x: number) => (geluTanh(x + 1e-5) - geluTanh(x - 1e-5)) / 2e-5;

Deno.test("faults at published widths: gelu by tanh instead of erf exceeds the bounds", () => {
  const tables = [activations, derivatives] as { gelu: (x: number) => number }[];
  const exact = tables.map(({ gelu }) => gelu);
  for (const one of cases(["activation", "gatedUnit", "loraGatedUnit", "activationGrad", "gatedUnitGrad"], true)) {
    if ((one.params as { kind: string }).kind !== "gelu") continue;
    [geluTanh, geluTanhGrad].forEach((approximate, i) => tables[i].gelu = approximate);
    const wrong = computed(one.op, one.inputs, one.params);
    exact.forEach((gelu, i) => tables[i].gelu = gelu);
    assertRed(one, wrong);
  }
});
