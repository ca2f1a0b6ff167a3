import fc from "fast-check";
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { list, width } from "./rows.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Caches that are empty, part full, full, or too small for what comes. */
export const appendPlaces = fc.record({ M: size(140), C: size(40) }).chain(({ M, C }) =>
  offsets(M).chain((ends) =>
    indices(ends.shape[0] - 1, 0, C).map((lengths) => ({
      inputs: { offsets: ends, lengths },
      params: { C, M },
      live: { ranges: liveElements(M, 2, ends), places: liveElements(M, 1, ends) },
    }))
  )
);

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
      return { inputs: { cache: typed(cache), x: typed(x), places: written, offsets }, params: {} };
    });
  })
);
