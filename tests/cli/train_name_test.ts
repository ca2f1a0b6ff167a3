/** A run is called what its user would call it. */
import { assertEquals } from "@std/assert";
import { runName } from "../../cli/train/name.ts";

Deno.test("a run is called by its folder, its configuration or a folder round it, whichever says something", () => {
  assertEquals(runName("/home/me/llama-run", "bench/curves/llama.json"), "llama-run");
  assertEquals(runName("/home/me/run", "../tiny-llama.json"), "tiny-llama");
  assertEquals(runName("/home/me/models/stories-mor/run", "models/stories-mor/train.json"), "stories-mor");
  assertEquals(runName("C:\\models\\small\\Out", "train.JSON"), "small");
  assertEquals(runName("/run", "config.json"), "run");
});
