/** Changes JSON in ways that parsers and readers of numbers often mishandle. */
import type { Draw } from "./draw.ts";

const NUMBERS = [
  ...[0, -0, -1, 1, 2, 3, 4, 7, 8, 16, 0.5, -0.5, 1e-320, 1e-10, 1e10, 1e21, 1e38, 1e39, 1e308, -1e308],
  ...[127, 128, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, -(2 ** 31), 2 ** 53 - 1, 2 ** 53, 2 ** 63],
];

const TEXTS = ["", " ", "none", "null", "F32", "__proto__", "constructor", "../x", "a\u0000b", "\ud800", "🙂", "%zz"];

/** A random number: a size of any magnitude, or an edge case. */
function someNumber(draw: Draw): number {
  return draw.chance(0.5) ? 2 ** draw.below(33) - draw.below(2) : draw.pick(NUMBERS);
}

/** An unusual value. */
export function hostileValue(draw: Draw, depth = 0): unknown {
  switch (draw.below(depth > 3 ? 4 : 9)) {
    case 0:
    case 1:
      return draw.pick(NUMBERS);
    case 2:
      return draw.pick(TEXTS);
    case 3:
      return draw.pick([true, false, null]);
    case 4:
      return draw.list(draw.below(5), () => hostileValue(draw, depth + 1));
    case 5:
      return Object.fromEntries(draw.list(draw.below(4), (i) => [draw.pick(TEXTS) + i, hostileValue(draw, depth + 1)]));
    case 6:
      return draw.list(draw.pick([10, 1000, 20000]), (i) => i);
    case 7:
      return draw.pick(["module.", "x", "\\", "é"]).repeat(draw.pick([100, 2000, 30000]));
    default:
      return nested(draw.pick([5, 100, 127, 200, 500]));
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

type Container = Record<string, unknown>;

/** Every entry of a JSON value, as its container and key. */
function entriesOf(value: unknown, into: [Container, string][] = []): [Container, string][] {
  if (typeof value !== "object" || value === null) return into;
  for (const key of Object.keys(value)) {
    into.push([value as Container, key]);
    if (into.length < 2000) entriesOf((value as Container)[key], into);
  }
  return into;
}

/** Changes one entry of a JSON object: another value, a value from elsewhere, no value, another or an unknown key. */
export function changeJson(draw: Draw, json: Container): void {
  const entries = entriesOf(json);
  if (entries.length === 0) return void (json[draw.pick(TEXTS)] = hostileValue(draw));
  const [holder, key] = draw.pick(entries), [other, from] = draw.pick(entries);
  switch (draw.below(6)) {
    case 0:
      return void delete holder[key];
    case 1:
      return void (holder[key] = structuredClone(other[from]));
    case 2:
      return void (holder[draw.pick(TEXTS)] = structuredClone(holder[key]));
    default: {
      const number = typeof holder[key] === "number" && draw.chance(0.7);
      return void (holder[key] = number ? someNumber(draw) : hostileValue(draw));
    }
  }
}

/** The JSON text of an object, with `edits` random edits. */
export function hostileText(draw: Draw, json: unknown, edits: number): string {
  let text = JSON.stringify(json);
  for (let i = 0; i < edits; i++) {
    const at = draw.below(text.length + 1), cut = draw.pick([0, 0, 1, 2, 10, text.length]);
    const insert = draw.pick([
      ...'{}[]:,"\\ \n0-',
      "1e999",
      "-1e999",
      "\\u0000",
      "null",
      text.slice(at, at + draw.below(99)),
    ]);
    text = text.slice(0, at) + insert + text.slice(at + cut);
  }
  return text;
}
