/** Signatures: matching tensors, and messages for tensors that do not match. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { bind, instantiate } from "../src/op/binding.ts";
import { spec } from "../src/op/op.ts";
import { describe, parseType } from "../src/op/signature.ts";

Deno.test("signatures: a letter that is not in the alphabet is refused", () => {
  for (const text of ["M Q", "Z", "2X", "B+Y", "M d"]) assertThrows(() => parseType(text), SyntaxError, "is no axis");
});

/** What binding some tensors says. */
function bound(types: Record<string, string>, shapes: Record<string, number[]>, known = {}) {
  const inputs = Object.entries(types).map(([name, text]) => ({ name, optional: false, type: parseType(text) }));
  return bind(inputs, Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, spec(shape)])), known);
}

Deno.test("signatures: sums, products, optional and further axes have their sizes", () => {
  const shapeOf = (text: string, ...given: Parameters<typeof bound>) => {
    const binding = bound(...given);
    assert(typeof binding !== "string", `${binding}`);
    return instantiate(parseType(text), binding).shape;
  };
  assertEquals(shapeOf("F M", { u: "M 2F" }, { u: [3, 8] }), [4, 3]);
  assertEquals(shapeOf("B", { offsets: "B+1" }, { offsets: [4] }), [3]);
  assertEquals(shapeOf("HK 2GK", { x: "M HK+2GK" }, { x: [1, 80] }, { H: 2, G: 4, K: 8 }), [16, 64]);
  assertEquals(shapeOf("S D?", { x: "M D?", rows: "S" }, { x: [7], rows: [2] }), [2]);
  assertEquals(shapeOf("S D?", { x: "M D?", rows: "S" }, { x: [7, 5], rows: [2] }), [2, 5]);
  assertEquals(shapeOf("D ...", { x: "M ...", y: "D ..." }, { x: [1, 2, 3], y: [9, 2, 3] }), [9, 2, 3]);
  assertEquals(describe(parseType("M k? 2GK ... i32")), "[M,k?,2GK,...]");
});

Deno.test("signatures: messages contain the shape, the axes, and the origin of each size", () => {
  const linear = { x: "M D", w: "W D" };
  assertEquals(bound(linear, { x: [2, 3], w: [4, 5] }), "w has shape [4,5], expected [W,D] with D = 3 as in x [2,3]");
  assertEquals(bound(linear, { x: [2], w: [4, 5] }), "x has shape [2], expected [M,D]");
  assertEquals(bound(linear, { x: [2, 3] }), "w is missing, expected [W,D]");
  assertEquals(
    bound({ kv: "C 2GK" }, { kv: [1, 6] }, { G: 3, K: 2 }),
    "kv has shape [1,6], expected [C,2GK] with G = 3, K = 2",
  );
  assertEquals(bound({ u: "M 2F" }, { u: [1, 3] }), "u has shape [1,3], expected [M,2F]");
  assertEquals(bound({ offsets: "B+1" }, { offsets: [0] }), "offsets has shape [0], expected [B+1]");
  assertEquals(bound({ a: "...", b: "..." }, { a: [2, 1], b: [2] }), "b has shape [2], expected [...] with ... = 2,1");
});
