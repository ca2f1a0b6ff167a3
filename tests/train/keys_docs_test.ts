// docs/training.md lists the keys of the table.
import { assertEquals } from "@std/assert";
import { describeTrainingKeys } from "../../src/train/config/describe.ts";

Deno.test("docs/training.md has every key with its meaning, range and default, and no others", async () => {
  const words = (text: string) => text.replace(/\s+/g, " ").trim();
  const docs = await Deno.readTextFile(new URL("../../docs/training.md", import.meta.url));
  const [, list] = docs.split("\n## Keys\n");
  const found = list.slice(list.indexOf("\n- ")).split("\n- ").slice(1).map(words);
  assertEquals(found, describeTrainingKeys().map(([key, text]) => words(`\`${key}\`: ${text}`)));
});
