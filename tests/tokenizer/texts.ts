/**
 * Random texts for tokenizers.
 *
 * @module
 */
import fc from "fast-check";

/** Texts of words, blanks, marks and characters of all sizes. */
export const texts: fc.Arbitrary<string> = fc.array(
  fc.oneof(
    fc.constantFrom(
      " ",
      "  ",
      "   ",
      "    ",
      "\n",
      "\t",
      "the",
      " the",
      "otter",
      "a",
      "ab",
      "and",
      ".",
      " .",
      "'s",
      "!",
    ),
    fc.constantFrom("é", "e\u0301", "日本", "🙂", "\ufffd", "▁", "ﬁ", "Ⅷ", "12", "\u0085", "\ufeff", "ΑΣ"),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
  { maxLength: 12 },
).map((parts) => parts.join("").toWellFormed());
