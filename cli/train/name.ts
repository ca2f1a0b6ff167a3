/** What a run is called. */

/** Names that many runs have. */
const COMMON = /^(?:|\.|\.\.|runs?|out|output|train|training|config)$/i;

/**
 * The first name that says which run it is: of its folder, of its configuration, then of the folders round its folder.
 *
 * `out` is an absolute path. Where all names are common ones it is that of the folder.
 */
export function runName(out: string, config: string): string {
  const [folder, ...round] = out.split(/[\\/]/).reverse();
  const file = config.split(/[\\/]/).pop()!.replace(/\.json$/i, "");
  return [folder, file, ...round].find((name) => !COMMON.test(name)) ?? folder;
}
