import fc from "fast-check";
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { list, width } from "./rows.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";

/** Places in any order, some of them none, of which only a part may be live; floats and whole numbers. */
export const cacheWrite = fc.tuple(size(140), width, fc.boolean()).chain(([R, W, whole]) =>
  fc.shuffledSubarray(Array.from({ length: R }, (_, row) => row)).chain((places) => {
    const M = places.length;
    return fc.record({
      cache: tensor([R, W]),
      x: tensor([M, W]),
      skipped: indices(M, 0, 3),
      offsets: maybe(offsets(M)),
    }).map(({ cache, x, skipped, offsets }) => {
      const typed = (host: HostTensor) =>
        whole ? hostIndices(host.data.map((value) => Math.trunc(1e6 * value)), host.shape) : host;
      const written = list(places.map((place, m) => skipped.data[m] ? place : -1 - place), offsets);
      return { inputs: { cache: typed(cache), x: typed(x), rows: written, offsets }, params: {} };
    });
  })
);
