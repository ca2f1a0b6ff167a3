/**
 * A row of numbers as words: vectors of four numbers where the width of the row is a multiple of four, else single ones.
 *
 * @module
 */

/** Words of a row, and WGSL expressions over them. */
export interface Words {
  /** Number of words in a row. */
  readonly W: number;
  /** Whether a word is a vector. */
  readonly vector: boolean;
  /** WGSL type of a word of floats. */
  readonly word: "f32" | "vec4<f32>";
  /** WGSL type of a word whose bits are copied: floats or integers. */
  readonly bits: "u32" | "vec4<u32>";
  /** WGSL: the sum of a word's numbers. */
  sum(x: string): string;
  /** WGSL: the maximum of a word's numbers. */
  max(x: string): string;
  /** WGSL: the inner product of two words. */
  dot(a: string, b: string): string;
}

/** The words of a row of `width` numbers. */
export function wordsOf(width: number): Words {
  return width % 4 === 0
    ? {
      ...{ W: width / 4, vector: true, word: "vec4<f32>", bits: "vec4<u32>" },
      sum: (x) => `dot(${x}, vec4<f32>(1.0))`,
      max: (x) => `max(max(${x}.x, ${x}.y), max(${x}.z, ${x}.w))`,
      dot: (a, b) => `dot(${a}, ${b})`,
    }
    : {
      ...{ W: width, vector: false, word: "f32", bits: "u32" },
      ...{ sum: (x) => x, max: (x) => x, dot: (a, b) => `${a} * ${b}` },
    };
}
