import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "../../src/checkpoint/halves.ts";

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** The value of a small float, by its definition: sign, exponent of `width` bits, the rest mantissa. */
function valueOf(bits: number, width: number): number {
  const mantissaBits = 15 - width;
  const sign = bits >> 15 ? -1 : 1;
  const exponent = bits >> mantissaBits & 2 ** width - 1;
  const fraction = (bits & 2 ** mantissaBits - 1) / 2 ** mantissaBits;
  const bias = 2 ** (width - 1) - 1;
  if (exponent === 2 ** width - 1) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

/** The nearest small float, ties to even, by bisection over its ordered bit patterns: slow, and shares no trick. */
function nearest(value: number, width: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const infinity = 2 ** width - 1 << 15 - width;
  let below = 0, above = infinity;
  while (above - below > 1) {
    const middle = below + above >> 1;
    if (valueOf(middle, width) <= size) below = middle;
    else above = middle;
  }
  if (size === Infinity) return sign | infinity;
  // Infinity stands where the next power of two would be.
  const top = above === infinity ? 2 ** (2 ** (width - 1)) : valueOf(above, width);
  const down = size - valueOf(below, width), up = top - size;
  return sign | (down < up || down === up && below % 2 === 0 ? below : above);
}

const float32 = fc.oneof(
  fc.float(),
  fc.nat(0xffff).map((bits) => valueOf(bits, 5)), // on the grid
  fc.nat(0x7bfe).map((bits) => (valueOf(bits, 5) + valueOf(bits + 1, 5)) / 2), // ties of F16, subnormal ones too
  fc.nat(0x7f7e).map((bits) => (valueOf(bits, 8) + valueOf(bits + 1, 8)) / 2), // ties of BF16
  fc.double({ min: -1e-4, max: 1e-4, noNaN: true }), // where halves are subnormal
  fc.constantFrom(65503.99, 65504, 65519.99, 65520, 65536, 2 ** -24, 2 ** -25, 2 ** -25 * 1.0001, 3.3961e38, 3.4e38),
).map(Math.fround);

for (
  const [name, width, decode, encode] of [["F16", 5, f16ToF32, f32ToF16], ["BF16", 8, bf16ToF32, f32ToBf16]] as const
) {
  Deno.test(`${name}: every bit pattern decodes to its value`, () => {
    assertEquals(decode(ALL), Float32Array.from(ALL, (bits) => valueOf(bits, width)));
  });

  Deno.test(`${name}: every value encodes back to its bit pattern, NaN to a NaN of the same sign`, () => {
    const back = f32Bits(encode, decode(ALL));
    for (let i = 0; i < ALL.length; i++) {
      if (!Number.isNaN(valueOf(i, width))) assertEquals(back[i], i);
      else assert(Number.isNaN(valueOf(back[i], width)) && back[i] >> 15 === i >> 15, `NaN ${i} became ${back[i]}`);
    }
  });

  Deno.test(`${name}: encoding rounds to nearest even`, () => {
    fc.assert(
      fc.property(fc.array(float32, { minLength: 1, maxLength: 40 }), (values) => {
        const numbers = Float32Array.from(values.filter((value) => !Number.isNaN(value)));
        assertEquals(encode(numbers), Uint16Array.from(numbers, (value) => nearest(value, width)));
      }),
      { numRuns: 1000 },
    );
  });

  Deno.test(`${name}: NaN of any payload stays NaN`, () => {
    const words = new Uint32Array([0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001, 0xffffffff]);
    for (const bits of encode(new Float32Array(words.buffer))) assert(Number.isNaN(valueOf(bits, width)), `${bits}`);
  });
}

Deno.test("F16: agrees with the engine's own half floats", () => {
  fc.assert(fc.property(float32, (value) => {
    const view = new DataView(new ArrayBuffer(2));
    view.setFloat16(0, value);
    if (!Number.isNaN(value)) assertEquals(f32ToF16(new Float32Array([value]))[0], view.getUint16(0));
  }));
});

function f32Bits(encode: typeof f32ToF16, values: Float32Array): Uint16Array {
  const inside = new Float32Array(values.length + 1); // off the start of its buffer, as a view of a larger one is
  inside.set(values, 1);
  return encode(inside.subarray(1));
}
