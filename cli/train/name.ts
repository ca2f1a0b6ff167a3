/** Name of a run. */

/** Common names, which do not identify a run. */
const COMMON = /^(?:|\.|\.\.|runs?|out|output|train|training|config)$/i;

/**
 * The first name that is not a common one, of the run's folder, its configuration, and the parents of its folder.
 *
 * `out` is an absolute path. If all names are common ones, it is the folder's.
 */
export function runName(out: string, config: string): string {
  const [folder, ...round] = out.split(/[\\/]/).reverse();
  const file = config.split(/[\\/]/).pop()!.replace(/\.json$/i, "");
  return [folder, file, ...round].find((name) => !COMMON.test(name)) ?? folder;
}
