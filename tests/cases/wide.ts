/**
 * Calls at the widths of published models: D 576 to 2,624, 50,000 tokens of vocabulary, 2,048 keys; few rows each.
 *
 * @module
 */
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import { type AnyOp, type Shape, sizeOf } from "../../src/op/op.ts";
import { normals } from "../../src/common/random.ts";
import { vocabulary } from "../../src/ops/vocabulary.ts";

/** A call of an operation at a published width. */
export interface WideCase {
  /** The operation. */
  readonly op: AnyOp;
  /** Inputs by name. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Parameters. */
  readonly params: unknown;
}

let seed = 1;

/** Normal numbers of a shape. */
const x = (shape: Shape, scale = 1): HostTensor => hostTensor(shape, normals(seed++, sizeOf(shape), scale));

/** A vector or matrix of whole numbers, element i being f(i). */
const whole = (shape: Shape, f: (i: number) => number): HostTensor =>
  hostIndices(Int32Array.from({ length: sizeOf(shape) }, (_, i) => f(i)), shape);

/** Weights of a norm: about one. */
const gains = (D: number): HostTensor => hostTensor([D], normals(seed++, D, 0.2).map((value) => 1 + value));

const wide: WideCase[] = [];
const add = (name: keyof typeof vocabulary, inputs: WideCase["inputs"], params: unknown = {}) =>
  wide.push({ op: vocabulary[name] as AnyOp, inputs, params });

const [D, V, N] = [2624, 50_000, 2048];

/** Adds a call five times, each with other numbers: of few results, one alone may have hardly any error. */
function addFive(name: keyof typeof vocabulary, inputs: (i: number) => WideCase["inputs"], params: unknown = {}): void {
  for (let i = 0; i < 5; i++) add(name, inputs(i), params);
}

/** Numbers of one sign, as losses and probabilities are. */
const positive = (shape: Shape): HostTensor => hostTensor(shape, x(shape).data.map(Math.abs) as Float32Array);

// products
for (const [M, width, O] of [[3, D, 70], [2, 576, 1536], [40, 1024, 96], [1, D, 20]]) {
  add("linear", { x: x([M, width]), w: x([O, width], 0.02) }, { from: 0, to: O });
}
add("linear", { x: x([1, 64]), w: x([V, 64], 0.1) }, { from: 0, to: V });
add("linearGradX", { dy: x([2, D]), w: x([D, 96], 0.02) }, { from: 0, to: D });
add("linearGradX", { dy: x([1, V], 0.01), w: x([V, 12], 0.02) }, { from: 0, to: V });
add("linearGradW", { dy: x([N, 24]), x: x([N, 36]) }, { from: 0, rows: 24 });
add("sumRows", { dy: x([N, 40]) }, { from: 0, rows: 40 });
add("loraDown", { x: x([3, D]), a: x([8, 16, D], 0.02), experts: whole([3, 2], (i) => i + 1) });
const chosen = { experts: whole([3, 2], (i) => i), weights: x([3, 2]) };
add("loraGatedUnit", { u: x([3, 2 * D]), a: x([3, 2, 16]), b: x([8, 2 * D, 16], 0.1), ...chosen }, {
  kind: "gelu",
  scale: 2,
});
add("loraUp", { x: x([3, D]), a: x([3, 2, 16]), b: x([8, D, 16], 0.1), ...chosen }, { scale: 2 });
add("expertMerge", { w: x([4, D]), a: x([8, 16, D]), b: x([8, 4, 16]), q: x([8]) }, { mode: "delta", scale: 2 });
add("expertTransposed", { x: x([3, D]), a: x([8, D, 16], 0.02), experts: chosen.experts }, { scale: 2 });
const experts = whole([N, 2], (i) => i * 7 % 3);
add("expertOuter", { x: x([N, 2, 16]), y: x([N, 24]), experts }, { scale: 2, E: 3 });
addFive("dotSlots", () => ({ a: x([3, 2, D]), b: x([3, D]) }));
addFive("dotRows", () => ({ a: x([3, D]), b: x([3, D]) }));
addFive("sumSquares", (i) => ({ x: x([D, 400 - 90 * i]) }));

// norms and activations
for (const kind of ["rms", "layer"]) {
  for (const [M, width, scale] of [[3, D, 1], [3, 576, 0.1]]) {
    const params = { kind, eps: 1e-5 };
    add("norm", { x: x([M, width], scale), weight: gains(width) }, params);
    add("normGrad", { x: x([M, width], scale), weight: gains(width), dy: x([M, width]) }, params);
  }
  addFive("normGradWeight", () => ({ x: x([N, 40]), dy: x([N, 40]) }), { kind, eps: 1e-5 });
}
const norm = { kind: "rms", eps: 1e-5 };
add("normLinear", { x: x([2, D]), weight: gains(D), w: x([64, D], 0.02) }, { norm, from: 0, to: 64 });
add("normGated", { x: x([2, D]), weight: gains(D), w: x([64, D], 0.02) }, { norm, unit: "silu" });
for (const kind of ["gelu", "silu"]) {
  add("gatedUnit", { u: x([4, 2 * D]) }, { kind });
  add("gatedUnitGrad", { u: x([4, 2 * D]), dz: x([4, D]) }, { kind });
  add("activation", { x: x([4, D]) }, { kind });
  add("activationGrad", { x: x([4, D]), dy: x([4, D]) }, { kind });
}

// attention over 2,048 keys
const heads = { H: 2, G: 1, K: 64 };
const all = whole([3, 2], (i) => i % 2 ? N - 1 - i : i);
const seen = { q: x([3, 128]), kv: x([N, 128]), ranges: all };
const stats = () => hostTensor([3, 4], Float32Array.from({ length: 12 }, (_, i) => i % 4 < 2 ? 8.1 : 0.01 * i));
add("attention", seen, heads);
add("attention", { q: x([2, 128]), kv: x([640, 128]), ranges: whole([2, 2], (i) => i % 2 ? 640 - i : 0) }, heads);
add("attentionStats", { ...seen, y: x([3, 128], 0.03), dy: x([3, 128]) }, heads);
add("attentionGradQ", { ...seen, stats: stats(), dy: x([3, 128]) }, heads);
const rows = { q: x([N, 64]), kv: x([2, 128]), ranges: whole([N, 2], (i) => i % 2 ? 2 : 0), dy: x([N, 64]) };
const rowStats = hostTensor([N, 2], Float32Array.from({ length: 2 * N }, (_, i) => i % 2 ? 0.1 : 1.1));
add("attentionGradKv", { ...rows, stats: rowStats }, { H: 1, G: 1, K: 64 });
add("rope", { x: x([3, 40 * 64]), positions: whole([3], (m) => 2000 * m), table: x([N * 2, 64]) }, {
  H: 36,
  G: 2,
  K: 64,
});

// losses over 50,000 tokens
const labels = whole([2], (m) => 1000 * m);
addFive("crossEntropy", (i) => ({ logits: x([2, V - i], 3), labels }));
add("crossEntropyGrad", { logits: x([2, V], 3), labels, dnll: x([2, 1]) });
addFive("logSumExp", (i) => ({ x: x([2, V - i], 3) }));
add("logSumExpGrad", { x: x([1, V]), y: hostTensor([1, 1], [11.3]), dy: x([1, 1]) });
addFive("klDivergence", (i) => ({ student: x([2, V - i], 2), teacher: x([2, V - i], 2) }), { temperature: 2 });
add("klDivergenceGrad", { student: x([2, V], 2), teacher: x([2, V], 2), dkl: x([2, 1]) }, { temperature: 2 });
addFive("cosineDistance", () => ({ a: x([3, D]), b: x([3, D]) }));
add("cosineDistanceGrad", { a: x([3, D]), b: x([3, D]), dy: x([3, 1]) });
addFive("mean", () => ({ x: positive([N, 1]) }));
const counts = hostTensor([8], Float32Array.from({ length: 8 }, (_, e) => 200 + 16 * e));
addFive("loadBalanceLoss", () => ({ probs: positive([N, 8]), counts }), { k: 1 });

// tokens, routers, vectors
add("embed", { ids: whole([9], (m) => m * 5555), table: x([V, 16]) }, { from: 0 });
add("embedGrad", { ids: whole([N], (m) => m % 5), dy: x([N, 64]) }, { V: 6, from: 0 });
const options = hostTensor([2, 5], [0, 0, 1, 0, 1, 0, 0, 1, 0, 1]);
addFive("sample", (i) => ({ logits: x([2, V - i], 3), options, seeds: labels, counters: labels }));
add("topLogProbs", { logits: x([2, V], 3) }, { k: 20 });
const route = { kind: "softmax", k: 2, alpha: 1, normalize: true };
add("route", { logits: x([64, 256], 3) }, route);
const simplex = hostTensor([64, 256], normals(seed++, 64 * 256).map((value) => Math.abs(value) / 204)); // sums near one
const weights = hostTensor([64, 2], Float32Array.from({ length: 128 }, (_, i) => i % 2 ? 0.25 : 0.75));
const gates = {
  probs: simplex,
  experts: whole([64, 2], (i) => i),
  weights,
  dweights: x([64, 2]),
  dprobs: x([64, 256]),
};
add("routeGrad", gates, route);
for (const kind of ["mean", "weighted_mean"]) {
  for (const [M, width] of [[N, 64], [6, D]]) {
    const vectors = { x: x([M, width]), offsets: whole([3], (b) => M * b / 2) };
    add("pool", vectors, { kind, normalize: true });
    add("poolGrad", { ...vectors, dy: x([2, width]) }, { kind, normalize: true });
  }
}

export { wide };
