import fc from "fast-check";
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { attention } from "../../src/ops/attention.ts";
import { attentionStats as statsOf } from "../../src/ops/attention_grad.ts";
import type { Heads } from "../../src/ops/rope.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import { poisonUnseen, ranges } from "./attention.ts";

type Given = { q: HostTensor; kv: HostTensor; ranges: HostTensor; dy: HostTensor; offsets?: HostTensor };

/** Fills rows from `live` on with NaN: no kernel may read them. */
function poisonDead({ shape, data }: HostTensor | RefTensor, live: number): HostTensor {
  return { shape, data: Float32Array.from(data).fill(NaN, live * shape[1]) };
}

/** Sorts the starts and the ends of the live rows. */
function ascending({ shape, data }: HostTensor, live: number): HostTensor {
  const sorted = (side: number) => Array.from({ length: live }, (_, m) => data[2 * m + side]).sort((a, b) => a - b);
  const sides = [sorted(0), sorted(1)];
  return hostIndices(Array.from(data, (value, i) => sides[i % 2][i >> 1] ?? value), shape);
}

/** What attention makes of the inputs, and the statistics of its rows, rounded to float32. */
function forward(given: Given, heads: Heads): { y: RefTensor; stats: RefTensor } {
  const device = new ReferenceDevice("f64");
  const on = (host: HostTensor) => device.from(host);
  const inputs = { q: on(given.q), kv: on(given.kv), ranges: on(given.ranges) };
  const all = { ...inputs, offsets: given.offsets && on(given.offsets) };
  const y = attention(device, all, heads);
  return { y, stats: statsOf(device, { ...all, y, dy: on(given.dy) }, heads) };
}

/** Any number of rows, keys and heads of any width; scores from flat to nearly one-hot; NaN in elements that no kernel may read. */
function calls(sorted: boolean) {
  return fc.record({
    M: size(40),
    N: size(70),
    G: fc.integer({ min: 1, max: 2 }),
    group: fc.integer({ min: 1, max: 3 }),
    K: fc.constantFrom(1, 3, 8, 13, 20, 64, 68, 132),
    scale: fc.constantFrom(0.1, 1, 4),
  }).chain(({ M, N, G, group, K, scale }) =>
    fc.record({
      q: tensor([M, G * group * K], scale),
      kv: tensor([N, 2 * G * K]),
      ranges: ranges(M, N),
      dy: tensor([M, G * group * K]),
      offsets: maybe(offsets(M)),
    }).map((drawn) => {
      const params = { H: G * group, G, K };
      const live = liveElements(M, 1, drawn.offsets);
      const given = { ...drawn, ranges: sorted ? ascending(drawn.ranges, live) : drawn.ranges };
      const { y, stats } = forward(given, params);
      const poisoned = {
        q: poisonDead(given.q, live),
        kv: poisonUnseen(given.kv, given.ranges, live),
        dy: poisonDead(given.dy, live),
      };
      const inputs = { ...given, ...poisoned };
      return { inputs, y: poisonDead(y, live), stats: poisonDead(stats, live), params, live };
    })
  );
}

/** Any ranges. */
export const attentionStats = calls(false).map(({ inputs, y, params, live }) => ({
  inputs: { ...inputs, y },
  params,
  live: live * 2 * params.H,
}));

/** Any ranges, with the statistics that belong to them. */
export const attentionGradQ = calls(false).map(({ inputs, stats, params, live }) => ({
  inputs: { ...inputs, stats },
  params,
  live: live * params.H * params.K,
}));

/** Ranges whose starts and ends do not decrease over the live rows; keys outside all ranges are NaN, their gradient zero. */
export const attentionGradKv = calls(true).map(({ inputs, stats, params }) => ({
  inputs: { ...inputs, stats },
  params,
}));
