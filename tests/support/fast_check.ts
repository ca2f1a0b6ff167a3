/**
 * fast-check as all tests import it: FC_SEED and FC_PATH repeat a failure, and every failure prints them.
 *
 * @module
 */
import fc, { type GlobalParameters, type RunDetails } from "npm-fast-check";

const { FC_SEED, FC_PATH } = Deno.env.toObject();

/** Seed and path of the environment, as fast-check takes them. */
export const replayed: { readonly seed?: number; readonly path?: string } = {
  ...(FC_SEED && { seed: Number(FC_SEED) }),
  ...(FC_PATH && { path: FC_PATH }),
};

if (FC_SEED && !Number.isSafeInteger(replayed.seed)) throw new Error(`Cannot seed properties: FC_SEED is ${FC_SEED}`);

/** The command that runs one case of a property of this test file again. */
export function replayCommand(seed: number, path: string | null, title = "TITLE"): string {
  const file = new URL(Deno.mainModule).pathname.replace(`${Deno.cwd()}/`, "");
  const test = `deno run -A cli/with_gpu.ts -- deno test -A ${file} --filter "${title}"`;
  return `FC_SEED=${seed} FC_PATH=${path} ${test}`;
}

/** Throws fast-check's report of a failure, with the command that repeats it. */
function report(details: RunDetails<unknown>): void {
  if (!details.failed) return;
  const { seed, counterexamplePath, errorInstance } = details;
  const message = `${fc.defaultReportMessage(details)}\n\nAgain: ${replayCommand(seed, counterexamplePath)}`;
  throw new Error(message, { cause: errorInstance });
}

fc.configureGlobal({ ...replayed, reporter: report } as GlobalParameters);

export * from "npm-fast-check";
export default fc;
