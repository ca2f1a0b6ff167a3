/** Finds and installs the software adapter, Mesa's lavapipe. */
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import process from "node:process";
import { packages } from "./adapter.ts";

const folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/** Path of lavapipe's Vulkan driver file for this processor, or undefined when it is not installed. */
export function findDriver(): string | undefined {
  const found = folders.flatMap((folder) => list(folder).map((name) => `${folder}/${name}`));
  const processor: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
  return found.find((path) => path.includes(`.${processor[process.arch]}.`)) ??
    found.find((path) => /lvp_icd\.json$/.test(path));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^lvp_icd.*\.json$/.test(name));
  } catch {
    return [];
  }
}

/** Whether this process may install packages: root on a machine with apt-get. */
export function canInstall(): boolean {
  const apt = (process.env.PATH ?? "").split(":").some((folder) => isFile(`${folder}/apt-get`));
  return process.platform === "linux" && process.getuid?.() === 0 && apt;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Installs the packages with apt-get and prints a message; throws when apt-get fails. */
export async function installDriver(): Promise<void> {
  const start = performance.now();
  console.error(`Installing ${packages.join(" and ")} with apt-get: this machine lists no WebGPU adapter.`);
  await aptInstall(packages);
  console.error(`Installed in ${((performance.now() - start) / 1000).toFixed(0)} s.`);
}

/** Installs Debian packages. Throws naming them when apt-get fails. */
export async function aptInstall(names: readonly string[]): Promise<void> {
  await apt(["update"], names).catch((error) => console.error(`${error.message}; trying to install all the same.`));
  await apt(["install", "-y", "--no-install-recommends", ...names], names);
}

async function apt(args: readonly string[], names: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = ["-qq", "-o", "DPkg::Lock::Timeout=300"];
  const child = spawn("apt-get", [...options, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(-1));
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error(`Cannot install ${names.join(" and ")}: apt-get ${args[0]} exited with ${code}`);
}
