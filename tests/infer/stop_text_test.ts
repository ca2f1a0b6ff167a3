/** Stop texts in pieces of any size. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StopText } from "../../src/infer/stop_text.ts";

Deno.test("stop texts: the output is the text before the first stop text, for any pieces, with bounded delay", () => {
  const letters = (maxLength: number, minLength = 0) =>
    fc.array(fc.constantFrom("a", "b"), { minLength, maxLength }).map((list) => list.join(""));
  fc.assert(fc.property(fc.array(letters(4)), fc.array(letters(4, 1), { maxLength: 3 }), (texts, stops) => {
    const watch = new StopText(stops);
    const shown: string[] = [];
    for (const text of texts) {
      shown.push(...watch.push({ text }).map(({ text }) => text));
      if (watch.stopped) break;
    }
    if (!watch.stopped) shown.push(...watch.rest().map(({ text }) => text));
    const whole = texts.join("");
    const ends = stops.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
    assertEquals(watch.stopped, ends.length > 0);
    // The pieces that were there when the first stop text was complete decide which one that is.
    const end = whole.slice(0, shown.join("").length);
    assertEquals(shown.join(""), watch.stopped ? end : whole);
    if (watch.stopped) assertEquals(stops.some((stop) => whole.startsWith(stop, end.length)), true);
    assertEquals(stops.some((stop) => shown.join("").includes(stop)), false);
    if (stops.length === 0) assertEquals(shown, texts);
  }));
  const watch = new StopText(["end"]);
  const pieces = ["the ", "e", "n", "emy's en", "d"].map((text) => watch.push({ text }).map(({ text }) => text));
  assertEquals(pieces, [["the "], [], [], ["e", "n"], ["emy's "]]);
  assertThrows(() => new StopText([""]), RangeError, "Cannot generate: a stop text is empty");
});

Deno.test("stopAfter: the output ends with the first text that is complete, for any pieces, and nothing is held back", () => {
  const letters = (maxLength: number, minLength = 0) =>
    fc.array(fc.constantFrom("a", "b"), { minLength, maxLength }).map((list) => list.join(""));
  fc.assert(fc.property(fc.array(letters(4)), fc.array(letters(4, 1), { maxLength: 3 }), (texts, after) => {
    const watch = new StopText([], after), whole = texts.join("");
    const ends = after.filter((stop) => whole.includes(stop)).map((stop) => whole.indexOf(stop) + stop.length);
    const shown: string[] = [];
    for (const [i, text] of texts.entries()) {
      shown.push(...watch.push({ text }).map(({ text }) => text));
      if (watch.stopped) break;
      assertEquals(shown, texts.slice(0, i + 1));
    }
    assertEquals(watch.stopped, ends.length > 0);
    assertEquals(shown.join(""), whole.slice(0, Math.min(...ends, whole.length)));
  }));
  const both = new StopText(["cd"], ["b"]), pieces = ["a", "c", "bcd"].map((text) => both.push({ text }));
  assertEquals(pieces.flat().map(({ text }) => text), ["a", "c", "b"]);
  assertThrows(() => new StopText([], [""]), RangeError, "Cannot generate: a stopAfter text is empty");
  assertThrows(() => new StopText([], "b" as never), RangeError, 'Cannot generate: stopAfter is "b", expected a list');
});
