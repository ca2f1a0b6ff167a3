/**
 * The reference backend: what the numbers are.
 *
 * @module
 */
export { type Precision, ReferenceDevice } from "./device.ts";
export type { AnyReference, Reference, RefTensor } from "./reference.ts";
export type { AnyBound, Bound } from "./accuracy/define.ts";
export type { Decision } from "./accuracy/margin.ts";
export { type Measured, measureNoise, NoiseDevice } from "./accuracy/monte_carlo.ts";
