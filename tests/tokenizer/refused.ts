/**
 * Damaged tokenizers, and the one error of each.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { FieldError, type Json } from "../../src/model/config/fields.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { KINDS } from "./support.ts";

type Change = Record<string, unknown>;

/** A tokenizer with a change in its model, or outside of it. */
export function changed(kind: string, change: Change, model: Change = {}): Json {
  const json = KINDS[kind]();
  return { ...json, model: { ...json.model as Json, ...model }, ...change };
}

/** The error of a changed tokenizer. */
export function refused(kind: string, message: string, change: Change, model: Change = {}): void {
  const error = assertThrows(() => new JsonTokenizer(changed(kind, change, model)), FieldError);
  assertEquals(error.message, `Cannot read tokenizer.json: ${message}`);
}
