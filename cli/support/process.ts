/** Child processes; their output is shown only when they fail. */
import { spawn } from "node:child_process";
import process from "node:process";

/** Environment and folder of a child process. */
export interface ProcessOptions {
  readonly cwd?: string | URL;
  /** Variables to add. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end, and returns its standard output.
 *
 * Throws with its exit code and the end of its output when it fails.
 */
export async function runQuietly(
  program: string,
  args: readonly string[],
  { cwd, env }: ProcessOptions = {},
): Promise<string> {
  const path = program === "deno" ? process.execPath : program;
  const child = spawn(path, [...args], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "", all = "";
  child.stdout.on("data", (bytes) => (out += bytes, all += bytes));
  child.stderr.on("data", (bytes) => all += bytes);
  const code = await new Promise<number | string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", resolve);
  });
  if (code === 0) return out;
  throw new Error(`Cannot run ${program} ${args[0]}: it ended with ${code}\n${all.slice(-4000)}`);
}
