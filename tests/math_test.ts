import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { erf, erfc } from "../reference/erf.ts";
import { gelu, normalCdf, sigmoid, silu, softplus } from "../reference/math.ts";

// NIST Digital Library of Mathematical Functions, table 7.23; the last from mpmath
const KNOWN: readonly (readonly [x: number, erfc: number])[] = [
  [0.3, 0.6713732405408726],
  [0.5, 0.4795001221869535],
  [1, 0.15729920705028513],
  [1.9, 0.0072095707647425325],
  [2, 0.004677734981047266],
  [2.5, 0.0004069520174449589],
  [3, 2.2090496998585441e-5],
  [5, 1.5374597944280349e-12],
  [10, 2.0884875837625448e-45],
];

Deno.test("erfc: known values, absolute 1e-15, relative where the continued fraction is used", () => {
  for (const [x, value] of KNOWN) {
    assertAlmostEquals(erfc(x), value, 1e-15);
    assertAlmostEquals(erf(x), 1 - value, 1e-15);
    assertAlmostEquals(erf(-x), value - 1, 1e-15);
    if (x >= 2) assert(Math.abs(erfc(x) / value - 1) < 1e-14, `erfc(${x})`);
  }
  assertEquals([erf(0), erfc(0), erf(Infinity), erfc(Infinity), erfc(-Infinity)], [0, 1, 1, 0, 2]);
});

Deno.test("erf: its slope is 2/√π·e^(−x²), also where the two expansions meet", () => {
  fc.assert(fc.property(fc.double({ min: -4, max: 4, noNaN: true }), (x) => {
    const slope = (erf(x + 1e-4) - erf(x - 1e-4)) / 2e-4;
    assertAlmostEquals(slope, 2 / Math.sqrt(Math.PI) * Math.exp(-x * x), 2e-8);
  }));
});

Deno.test("scalar functions: symmetries", () => {
  fc.assert(fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (x) => {
    assertAlmostEquals(sigmoid(x) + sigmoid(-x), 1, 1e-15);
    assertAlmostEquals(normalCdf(x) + normalCdf(-x), 1, 1e-15);
    assertAlmostEquals(silu(x) - silu(-x), x, 1e-13);
    assertAlmostEquals(gelu(x) - gelu(-x), x, 1e-13);
    assertAlmostEquals(softplus(x) - softplus(-x), x, 1e-13);
  }));
});
