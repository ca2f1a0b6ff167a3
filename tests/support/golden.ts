/** The golden folders of the repository, tests/golden. */

/** The folder that holds them. */
export const GOLDEN = new URL("../golden/", import.meta.url);

/** Their names in order. */
export const goldenNames: readonly string[] = [...Deno.readDirSync(GOLDEN)]
  .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();

/** The path of a golden folder. */
export function goldenPath(name: string): string {
  return new URL(`${name}/`, GOLDEN).pathname;
}
