/**
 * Source layers of a smaller stack.
 *
 * @module
 */
import { uniforms } from "../../common/random.ts";

/** n/d rounded to the nearest whole number, halves to the even one; exact, since n and d are whole. */
function roundHalfEven(n: number, d: number): number {
  const below = Math.floor(n / d);
  const twice = 2 * (n - below * d);
  return twice > d || (twice === d && below % 2 === 1) ? below + 1 : below;
}

/** round(linspace(first, last, count)), halves to even (docs/mor.md, "Up-training"); a single layer is the first. */
export function spacedLayers(first: number, last: number, count: number): number[] {
  const gaps = Math.max(1, count - 1);
  return Array.from({ length: count }, (_, i) => roundHalfEven(first * gaps + i * (last - first), gaps));
}

/** `count` distinct layers of first..last, drawn with a seed, in ascending order. */
export function drawnLayers(first: number, last: number, count: number, seed: number): number[] {
  const uniform = uniforms(seed);
  const layers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(uniform() * (layers.length - i));
    [layers[i], layers[j]] = [layers[j], layers[i]];
  }
  return layers.slice(0, count).sort((a, b) => a - b);
}

/** L layers cut into `count` spans of neighbours whose lengths differ by at most one: span g starts at ⌊g·L/count⌋. */
export function spansOfLayers(L: number, count: number): number[][] {
  const start = (g: number) => Math.floor(g * L / count);
  return Array.from(
    { length: count },
    (_, g) => Array.from({ length: start(g + 1) - start(g) }, (_, i) => start(g) + i),
  );
}
