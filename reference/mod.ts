/**
 * The reference backend: what the numbers are.
 *
 * @module
 */
export { type Precision, ReferenceDevice } from "./device.ts";
export type { AnyReference, Reference, RefTensor } from "./reference.ts";
export { references } from "./references.ts";
export { type Measured, measureNoise, NoiseDevice } from "./monte_carlo.ts";
export type { Decision } from "./margin.ts";
