/**
 * Compares a quantity with its recorded value: numbers within a computed bound, choices exactly.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";

/** Result of a comparison. */
export interface Finding {
  /** Name of the quantity. */
  readonly quantity: string;
  /** The device; absent if none computed it. */
  readonly device?: string;
  /** Whether it agrees, misses its bound, or has an unknown name. */
  readonly outcome: "ok" | "miss" | "unknown";
  /** Error and bound of the element that uses most of its bound; absent for integers. */
  readonly worst?: { readonly error: number; readonly bound: number };
  /** Remark. */
  readonly note?: string;
}

/** Half a unit in the last place of a float32, relative. */
const HALF_ULP = 2 ** -24;

/** Bound and compared elements of a quantity. */
export interface Terms {
  /** Largest error that float32 explains, as `measureNoise` says. */
  readonly bound: number;
  /** Mask of the specified elements, nonzero for these; all elements without it. */
  readonly specified?: ArrayLike<number>;
}

/** Compares a tensor with the recorded one; float32 recordings have a rounding error of half a unit in the last place. */
export function compare(actual: HostTensor, recorded: HostTensor, terms: Terms): Omit<Finding, "quantity"> {
  const { shape } = recorded;
  if (shape.join() !== actual.shape.join()) {
    return { outcome: "miss", note: `shape [${actual.shape}], recorded [${shape}]` };
  }
  return actual.data instanceof Int32Array ? compareChoices(actual, recorded) : compareNumbers(actual, recorded, terms);
}

function compareChoices({ data }: HostTensor, recorded: HostTensor): Omit<Finding, "quantity"> {
  const wrong: number[] = [];
  data.forEach((value, i) => value !== recorded.data[i] && wrong.push(i));
  if (wrong.length === 0) return { outcome: "ok", note: "equal" };
  const [first] = wrong;
  const note = `${wrong.length} of ${data.length} differ, ${at(recorded.shape, first)} is ${data[first]}, recorded ${
    recorded.data[first]
  }`;
  return { outcome: "miss", note };
}

function compareNumbers(
  { data }: HostTensor,
  recorded: HostTensor,
  { bound, specified }: Terms,
): Omit<Finding, "quantity"> {
  const storage = recorded.data instanceof Float32Array ? HALF_ULP : 0;
  let [most, element] = [-1, 0];
  const errorOf = (i: number) => Math.abs(data[i] - recorded.data[i]);
  const boundOf = (i: number) => bound + storage * Math.abs(recorded.data[i]);
  for (let i = 0; i < data.length; i++) {
    if (specified && !specified[i]) continue;
    const ratio = errorOf(i) === 0 ? 0 : errorOf(i) / boundOf(i);
    if (ratio <= most) continue;
    [most, element] = [ratio, i];
    if (Number.isNaN(ratio)) break;
  }
  if (most === -1) return { outcome: "ok", note: "nothing specified" };
  const worst = { error: errorOf(element), bound: boundOf(element) };
  if (most <= 1) return { outcome: "ok", worst };
  const note = `${at(recorded.shape, element)} is ${data[element]}, recorded ${recorded.data[element]}`;
  return { outcome: "miss", worst, note };
}

/** The indices of an element, `[1, 3]`. */
function at(shape: readonly number[], element: number): string {
  const place: number[] = [];
  for (const size of [...shape].reverse()) {
    place.unshift(element % size);
    element = Math.floor(element / size);
  }
  return `[${place.join(", ")}]`;
}
