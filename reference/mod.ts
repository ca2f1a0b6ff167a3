/**
 * The reference backend: what the numbers are.
 *
 * @module
 */
export { type Precision, ReferenceDevice } from "./device.ts";
export type { AnyReference, Reference, RefTensor } from "./reference.ts";
export { references } from "./references.ts";
