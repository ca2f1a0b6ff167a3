import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import type { RouteTokensParams } from "../../src/ops/route_tokens.ts";
import { type KvLayout, SLOT, STAGE } from "../../src/ops/slots.ts";
import { list } from "./rows.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";

/** Caches of N recursions, fewer rows in deeper ones. */
export const layouts: fc.Arbitrary<KvLayout> = fc.record({
  pages: fc.integer({ min: 1, max: 9 }),
  pageRows: fc.integer({ min: 1, max: 4 }),
  recursionRows: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }).map((rows) =>
    rows.sort().reverse()
  ),
  share: fc.boolean(),
});

const whole = (min: number, max: number) => fc.integer({ min, max });

/** Tables of S slots in any stage, with limits and parts of caches that are met as often as not. */
export function slotsOf(S: number, N: number): fc.Arbitrary<HostTensor> {
  const any = whole(-(2 ** 31), 2 ** 31 - 1);
  const columns: Record<Exclude<keyof typeof SLOT, "rows">, fc.Arbitrary<number>> = {
    stage: fc.constantFrom(STAGE.idle, STAGE.block, STAGE.block, STAGE.left),
    depth: whole(0, N - 1),
    since: any,
    length: whole(0, 8),
    limit: whole(1, 10),
    cap: whole(0, N + 1),
    chosen: whole(1, N),
    seed: any,
    firstPage: whole(0, 8),
    pages: whole(0, 2),
  };
  const rows = Array.from({ length: N }, () => whole(0, 5));
  const slot = fc.tuple(...Object.values(columns), ...rows);
  return fc.array(slot, { minLength: S, maxLength: S })
    .map((table) => hostIndices(table.flat(), [S, SLOT.rows + N]));
}

/** Some slots in any order, of which only a part may be live, and where the live ones end. */
export function listed(S: number): fc.Arbitrary<{ rows: HostTensor; offsets: HostTensor }> {
  return fc.shuffledSubarray(Array.from({ length: S }, (_, s) => s)).chain((entries) =>
    offsets(entries.length).map((ends) => ({ rows: list(entries, ends.data.at(-1)), offsets: ends }))
  );
}

/** Any clock, also one that is about to wrap. */
export const clock = fc.oneof(fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31)), whole(-9, 9))
  .map((now) => hostIndices([now]));

/** Scores of both signs and of neither. */
const scores = (M: number, N: number) =>
  tensor([M, N]).map(({ shape, data }) => hostTensor(shape, data.map((x) => Math.abs(x) < 0.3 ? (x < 0 ? -0 : 0) : x)));

/** Router outputs: none, scores, scores with auxiliary scores, or chosen depths. */
function routed(M: number, N: number) {
  return fc.oneof(
    fc.constant({}),
    fc.record({ scores: scores(M, N), auxiliary: maybe(scores(M, N)) }),
    fc.record({
      experts: fc.array(whole(0, N - 1), { minLength: M, maxLength: M }).map((data) => hostIndices(data, [M, 1])),
      weights: tensor([M, 1]),
    }),
  );
}

/** Every kind of routing, of tokens that come or come back; lists around a work group's width. */
export const routeTokens = fc.tuple(size(130), layouts).chain(([S, layout]) =>
  fc.tuple(slotsOf(S, layout.recursionRows.length), listed(S), tensor([S, 1]), clock, fc.boolean()).chain((
    [slots, list, z, clock, ran],
  ) =>
    routed(list.rows.shape[0], layout.recursionRows.length).map((said) => ({
      inputs: { slots, z, ...list, clock, ...said },
      params: { layout, ran } as RouteTokensParams,
    }))
  )
);

/** Rows of slots, of which there may be more than there is room for. */
export const fitCapacity = fc.tuple(size(70, 1), layouts).chain(([S, layout]) =>
  fc.record({
    slots: slotsOf(S, layout.recursionRows.length),
    lengths: fc.array(whole(0, 9), { minLength: S, maxLength: S }),
    recursion: fc.nat(layout.recursionRows.length - 1),
    beyond: whole(0, 3),
  }).map(({ slots, lengths, recursion, beyond }) => {
    const offsets = [0];
    for (const length of lengths) offsets.push(offsets.at(-1)! + length);
    const rows = hostIndices(Array.from({ length: offsets[S] + beyond }, (_, m) => 3 * m));
    const room = (s: number) => {
      const [pages, cached] = [SLOT.pages, SLOT.rows + recursion].map((c) => slots.data[s * slots.shape[1] + c]);
      return Math.max(0, pages * layout.recursionRows[recursion] - cached);
    };
    const fitting = lengths.reduce((sum, length, s) => sum + Math.min(length, room(s)), 0);
    return { inputs: { slots, rows, offsets: hostIndices(offsets) }, params: { layout, recursion }, live: { fitting } };
  })
);
