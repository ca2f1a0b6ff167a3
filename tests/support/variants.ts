/**
 * Variants of kernels: what a kernel may know of its adapter, as values that a generated case can hold.
 *
 * @module
 */
import type { Adapter } from "../../kernels/host/adapter.ts";

/** One kind of adapter that any test machine can play. */
export interface Variant {
  /** Family of the adapter, and `subgroups` where kernels may use them. */
  readonly name: string;
  /** What kernels are told. */
  readonly adapter: Adapter;
}

/** Both families of adapters, each with the features of the given one and without any. */
export function variantsOf(adapter: Adapter): Variant[] {
  const { features } = adapter;
  return (["cpu", "gpu"] as const).flatMap((family) => [
    ...(features.has("subgroups") ? [{ name: `${family} subgroups`, adapter: { ...adapter, family } }] : []),
    { name: family, adapter: { ...adapter, family, features: new Set<string>() } },
  ]);
}
