/** Prose out of pages and tagged words. */
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { isTagged, textOfHtml, textOfTagged } from "../../../cli/data/markup.ts";

Deno.test("textOfHtml: headings, paragraphs and items are lines; other content is removed", () => {
  const page = `<!DOCTYPE html><html><head><title>no</title><style>p { }</style></head><body>
    <!-- no --><h1>A &amp; B</h1><p>One <b>bold</b>\n word,&nbsp;caf&eacute; &#8212; &#x2014; &unknown; a &lt; b.</p>
    <ul><li>first<li>second</ul><script>no()</script>line<br/>break</body></html>`;
  const text = "A & B\n\nOne bold word, café — — &unknown; a < b.\n\nfirst\n\nsecond\n\nline\nbreak";
  assertEquals(textOfHtml(page), text);
});

Deno.test("textOfHtml: escaped text is restored", () => {
  const words = fc.array(fc.stringMatching(/^[a-z&<>"é漢1;#]+$/), { minLength: 1 }).map((words) => words.join(" "));
  fc.assert(fc.property(words, (text) => {
    const escaped = text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
    assertEquals(textOfHtml(`<p>${escaped}</p>`), text);
  }));
});

Deno.test("textOfTagged: a page of the Brown corpus reads like prose", () => {
  const tagged =
    `\n\n\t\`\`/\`\` I/ppss saw/vbd your/pp$ fire/nn ''/'' ,/, she/pps said/vbd (/( to/in St./np Jr./np )/) ./.
\`\`/\`\` It/pps wouldn't/md* matter/vb ;/. ;/.\nwould/md it/ppo ?/. ?/.\n\n\n\tNo/rb 1/2/cd **zg/nn by/in Ivan/np Jr./np ./.\n`;
  assert(isTagged(tagged));
  assertEquals(
    textOfTagged(tagged),
    `"I saw your fire", she said (to St. Jr.). "It wouldn't matter; would it?\n\nNo 1/2 by Ivan Jr.`,
  );
});

Deno.test("isTagged: prose, paths and lists are not", () => {
  assert(!isTagged("The jury said Friday an investigation of the and/or of it produced no evidence."));
  assert(!isTagged("ca01 news\nca02 news\nca03 news\nca04 news"));
  assert(!isTagged("a/b"));
});
