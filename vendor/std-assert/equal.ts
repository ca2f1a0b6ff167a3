/** Deep equality and the error every assertion throws. */
import { inspect } from "node:util";

/** Thrown by every assertion that does not hold. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** A value in a failure message. */
export function show(value: unknown): string {
  return inspect(value, { depth: 8, maxArrayLength: 200, breakLength: 100, sorted: true });
}

/** Throws `AssertionError` with the reason and, after a colon, the caller's message. */
export function failWith(reason: string, msg?: string): never {
  throw new AssertionError(msg === undefined ? reason : `${reason}: ${msg}`);
}

/** Whether two values have the same structure; as in `@std/assert`, 0 equals -0 and NaN equals NaN. */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

type Seen = Map<object, object>;

function compare(a: unknown, b: unknown, seen: Seen): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) && !sameKind(a, b)) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof WeakMap || a instanceof WeakSet) throw new TypeError("Cannot compare weak collections");
  if (a instanceof ArrayBuffer) return compare(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), seen);
  if (a instanceof Set) return compareSets(a, b as Set<unknown>, seen);
  if (a instanceof Map) return compareMaps(a, b as Map<unknown, unknown>, seen);
  if (ArrayBuffer.isView(a) && !(a instanceof DataView)) return compareNumbers(a, b);
  if (a instanceof Error && (a.message !== (b as Error).message || a.name !== (b as Error).name)) return false;
  return compareKeys(a as Record<PropertyKey, unknown>, b as Record<PropertyKey, unknown>, seen);
}

/** A record without a prototype is equal to one with the plain prototype. */
function sameKind(a: object, b: object): boolean {
  const plain = (x: object) => x.constructor === undefined || x.constructor === Object;
  return plain(a) && plain(b);
}

function compareNumbers(a: ArrayBufferView, b: unknown): boolean {
  const x = a as unknown as ArrayLike<number>, y = b as ArrayLike<number>;
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i] && !Object.is(x[i], y[i])) return false;
  return true;
}

function compareSets(a: Set<unknown>, b: Set<unknown>, seen: Seen): boolean {
  if (a.size !== b.size) return false;
  const rest = [...b];
  return [...a].every((x) => {
    const at = rest.findIndex((y) => compare(x, y, seen));
    return at >= 0 && rest.splice(at, 1).length === 1;
  });
}

function compareMaps(a: Map<unknown, unknown>, b: Map<unknown, unknown>, seen: Seen): boolean {
  return a.size === b.size && [...a].every(([key, value]) => {
    if (b.has(key)) return compare(value, b.get(key), seen);
    return [...b].some(([k, v]) => compare(key, k, seen) && compare(value, v, seen));
  });
}

function compareKeys(a: Record<PropertyKey, unknown>, b: Record<PropertyKey, unknown>, seen: Seen): boolean {
  const keys = Reflect.ownKeys(a).filter((k) => Object.getOwnPropertyDescriptor(a, k)!.enumerable);
  const others = Reflect.ownKeys(b).filter((k) => Object.getOwnPropertyDescriptor(b, k)!.enumerable);
  return keys.length === others.length && keys.every((k) => Object.hasOwn(b, k) && compare(a[k], b[k], seen));
}
