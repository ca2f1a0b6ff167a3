// The nearest known name is the one that a person means: other names, words of a name, then misspellings.
import { assertEquals } from "@std/assert";
import { nearest } from "../src/common/words.ts";

Deno.test("nearest: other names of a setting and words of a name come before edits", () => {
  const flags = ["model", "prompt", "max-new-tokens", "top-p"];
  assertEquals(nearest("tokens", flags), "max-new-tokens");
  assertEquals(nearest("maxTokens", flags), "max-new-tokens");
  assertEquals(nearest("modl", flags), "model");
  assertEquals(nearest("lr", ["eps", "learning_rate"]), "learning_rate");
  assertEquals(nearest("n_layers", ["n_heads", "num_hidden_layers"]), "num_hidden_layers");
});
