// A source that is chosen when its first file is looked for.
import type { Source } from "./source.ts";

/** A source by a function that is called once, and again after a failure. */
export function laterSource(name: string, choose: () => Promise<Source>): Source {
  let chosen: Promise<Source> | undefined, now: Source | undefined;
  const source = () => {
    chosen ??= choose().then((source) => now = source);
    chosen.catch(() => chosen = undefined);
    return chosen;
  };
  return {
    name,
    has: async (file) => await (await source()).has(file),
    size: async (file) => await (await source()).size(file),
    sizeSoFar: async (file) => {
      const from = await source();
      return await (from.sizeSoFar ?? from.size)(file);
    },
    read: async (file, start, end, watch) => await (await source()).read(file, start, end, watch),
    whyMissing: (file) => now?.whyMissing?.(file),
    prefetch: (files) => void source().then((from) => from.prefetch?.(files), () => {}),
    confirm: async () => await now?.confirm?.() ?? true,
    release: () => now?.release?.(),
  };
}
