// Texts for error messages, of bounded length for any content of a file.

const LONGEST = 80;

/**
 * Quotes a name, cut to 80 characters.
 *
 * ```ts
 * quote("a\nb"); // "a\nb" in quotes, with the line feed escaped
 * ```
 */
export function quote(name: string): string {
  return JSON.stringify(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);
}

/**
 * Describes a JSON value by its kind, or by its value if it is a scalar.
 *
 * ```ts
 * describe([[]]); // "an array of 1"
 * ```
 */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? quote(value) : String(value);
}

/**
 * Lists the first five names and the number of further ones.
 *
 * ```ts
 * listNames(["a", "b"]); // `"a", "b"`
 * ```
 */
export function listNames(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return names.slice(0, 5).map(quote).join(", ") + more;
}

/** The first line of a thrown value's message. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return text.split("\n", 1)[0];
}

/** True for a parsed JSON object: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
