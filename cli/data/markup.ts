/** Extracts prose from HTML, and from words with part-of-speech tags. */

/** Characters of the entities that prose uses. */
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " ", shy: "" },
  ...{ ndash: "–", mdash: "—", hellip: "…", lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”" },
  ...{ eacute: "é", egrave: "è", agrave: "à", ccedil: "ç", auml: "ä", ouml: "ö", uuml: "ü", copy: "©", sect: "§" },
};

/** The character of an entity; an unknown entity is kept. */
function entity(whole: string, name: string): string {
  if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
  const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

/** The text of an HTML page: a line for each heading, paragraph or list item, an empty line between them. */
export function textOfHtml(html: string): string {
  return html
    .replace(/<!--[^]*?-->|<(head|script|style|noscript|template)\b[^]*?<\/\1\s*>/gi, " ")
    .replace(/\s+/g, " ")
    .replace(/<br\b[^>]*>/gi, "\n")
    .replace(/<\/?(?:p|div|h[1-6]|li|ul|ol|dl|dt|dd|blockquote|table|tr|pre|hr|section|article)\b[^>]*>/gi, "\n\n")
    .replace(/<\/?[a-z!?][^>]*>/gi, "")
    .replace(/&(#?\w+);/g, entity)
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n ?/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** One word of a tagged text, as `The/at` in the Brown corpus. */
const TAGGED = /^\S+\/[a-z.,:()'`*$+-]+$/;

/** Whether nearly all words of a text have a part-of-speech tag. */
export function isTagged(text: string): boolean {
  const words = text.split(/\s+/).filter((word) => word !== "").slice(0, -1); // the last one may be cut
  return words.length >= 5 && words.filter((word) => TAGGED.test(word)).length > 0.95 * words.length;
}

/** The prose of a tagged text: a line for each paragraph, an empty line between them. */
export function textOfTagged(text: string): string {
  return text.split(/\n\s*\n/).map(paragraphOf).filter((paragraph) => paragraph !== "").join("\n\n");
}

function paragraphOf(tagged: string): string {
  const words = tagged.split(/\s+/).filter((word) => word !== "").map((word) => word.replace(/\/[^/]*$/, ""));
  return words.filter((word) => !word.startsWith("**")).join(" ") // marks of printing, as **zg
    .replace(/([;?!]) \1/g, "$1") // sentence ends of more than one kind stand twice
    .replace(/(^|[ (])`` /g, '$1"').replace(/ ''/g, '"')
    .replace(/(^|[ (["])` /g, "$1'").replace(/ '(?= |$)/g, "'")
    .replace(/ ([,.;:?!)\]])/g, "$1").replace(/([(\[]) /g, "$1")
    .replace(/([^.]\.)\.(?!\.)/g, "$1"); // "Jr." at the end of a sentence
}
