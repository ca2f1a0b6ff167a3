/**
 * Cutting a text where a pattern matches.
 *
 * Source: the five behaviours of `SplitDelimiterBehavior` in the file format.
 *
 * @module
 */

/** What becomes of the matches. */
export const BEHAVIOURS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;

/** One of {@link BEHAVIOURS}. */
export type Behaviour = typeof BEHAVIOURS[number];

/** How a text is cut. */
export interface Cut {
  /** A global regular expression. */
  readonly pattern: RegExp;
  /** What becomes of the matches. */
  readonly behaviour: Behaviour;
  /** Whether matches and the text between them change places. */
  readonly invert?: boolean;
}

/** A part of a text, and whether the pattern matched it. */
interface Part {
  text: string;
  readonly match: boolean;
}

function partsOf(text: string, { pattern, invert = false }: Cut): Part[] {
  const parts: Part[] = [];
  let end = 0;
  const add = (from: number, to: number, match: boolean) => {
    if (from < to) parts.push({ text: text.slice(from, to), match: match !== invert });
  };
  for (const { 0: found, index } of text.matchAll(pattern)) {
    add(end, index, false);
    add(index, index + found.length, true);
    end = index + found.length;
  }
  add(end, text.length, false);
  return parts;
}

/** Cuts a text; empty parts are left out. */
export function split(text: string, cut: Cut): string[] {
  const parts = partsOf(text, cut);
  if (cut.behaviour === "Removed") return parts.filter(({ match }) => !match).map(({ text }) => text);
  if (cut.behaviour === "Isolated") return parts.map(({ text }) => text);
  if (cut.behaviour === "MergedWithNext") return mergedWithNext(parts);
  const joins = cut.behaviour === "Contiguous"
    ? (part: Part, before: Part) => part.match === before.match
    : (part: Part, before: Part) => part.match && !before.match;
  const merged: string[] = [];
  parts.forEach((part, i) => {
    if (i > 0 && joins(part, parts[i - 1])) merged[merged.length - 1] += part.text;
    else merged.push(part.text);
  });
  return merged;
}

/** A match joins the text after it, unless that is a match, too. */
function mergedWithNext(parts: readonly Part[]): string[] {
  const merged: string[] = [];
  parts.forEach((part, i) => {
    const before = parts[i - 1];
    if (before?.match && !part.match) merged[merged.length - 1] += part.text;
    else merged.push(part.text);
  });
  return merged;
}
