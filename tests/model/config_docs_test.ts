// The documented keys of a config.json are those of the tables.
import { assertStringIncludes } from "@std/assert";
import { describeConfigKeys } from "../../src/model/config/keys/describe.ts";

Deno.test("docs/config.md has the tables", async () => {
  const words = (text: string) => text.replace(/\s+/g, " ").trim();
  const docs = words(await Deno.readTextFile(new URL("../../docs/config.md", import.meta.url)));
  for (const section of describeConfigKeys().split("\n\n")) assertStringIncludes(docs, words(section));
});
