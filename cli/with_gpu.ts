/**
 * Runs a command in an environment where it finds the machine's best WebGPU adapter:
 *
 *     deno run -A cli/with_gpu.ts [--install] -- deno test -A tests/
 *
 * With --install a missing adapter is brought up, and no adapter is an error unless REQUIRE_GPU=0; with REQUIRE_GPU=1
 * no adapter is always an error. Arguments, signals and the exit code pass through.
 */
import { gpuEnvironment, whyNoAdapter } from "./gpu_environment.ts";

/** Runs `command` with `env` added; resolves to its exit code, 128 + number when a signal ended it. */
async function run(command: string[], env: Record<string, string>): Promise<number> {
  const [name, ...args] = command;
  const child = new Deno.Command(name === "deno" ? Deno.execPath() : name, { args, env }).spawn();
  const forward = (signal: Deno.Signal) => () => {
    try {
      child.kill(signal);
    } catch { /* it has just ended */ }
  };
  // A terminal sends Ctrl-C to the child as well; here it only has to outlive it.
  Deno.addSignalListener("SIGINT", Deno.stdin.isTerminal() ? () => {} : forward("SIGINT"));
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", forward("SIGTERM"));
  const { code, signal } = await child.status;
  return signal === "SIGINT" ? 130 : code;
}

async function main(args: string[]): Promise<number> {
  const split = args.indexOf("--");
  const options = args.slice(0, Math.max(split, 0)), command = args.slice(split + 1);
  const unknown = options.find((option) => option !== "--install");
  if (split < 0 || !command.length || unknown) {
    throw new Error(`Cannot run: ${unknown ? `${unknown} is not an option` : "expected [--install] -- command"}`);
  }
  const install = options.includes("--install"), required = Deno.env.get("REQUIRE_GPU") ?? (install ? "1" : "0");
  const { env, adapter } = await gpuEnvironment({ install });
  if (!adapter && required === "1") throw new Error(`Cannot find a WebGPU adapter: ${whyNoAdapter()}`);
  return await run(command, { ...env, REQUIRE_GPU: required });
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
