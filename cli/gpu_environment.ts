/** The environment in which a child process finds the best adapter of this machine. */
import { type Adapter, findAdapterWith, howToInstall } from "./adapter.ts";
import { canInstall, findDriver, installDriver } from "./lavapipe.ts";

/** Variables for a child process, and the adapter it will find. */
export interface GpuEnvironment {
  /** Variables to add to the environment. */
  env: Record<string, string>;
  /** The adapter, or undefined when there is none. */
  adapter?: Adapter;
}

/**
 * A hardware adapter is kept. Otherwise lavapipe is chosen if it is installed or, with `install`, if it can be installed.
 * A driver chosen by the caller's own variables is never replaced. Throws when `install` is asked for and fails.
 */
export async function gpuEnvironment({ install = false } = {}): Promise<GpuEnvironment> {
  const quiet = quietEnvironment();
  const first = await findAdapterWith(quiet);
  if (Deno.build.os !== "linux" || (first && !first.software)) return { env: quiet, adapter: first };
  const chosen = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"].find((name) => Deno.env.get(name));
  if (chosen) return await withVulkan(quiet);
  const software = await withLavapipe(quiet);
  if (software.adapter || !install) return software;
  if (!canInstall()) return software;
  await installDriver();
  return await withLavapipe(quiet);
}

/** The reason for a missing adapter, and how to get one. */
export function whyNoAdapter(): string {
  const chosen = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"].find((name) => Deno.env.get(name));
  if (!chosen) return `this machine lists none; ${howToInstall()}`;
  return `${chosen}=${Deno.env.get(chosen)} gives none; unset it, or ${howToInstall()}`;
}

/** Restricts WebGPU to Vulkan: without a Vulkan driver an unreliable OpenGL adapter would be chosen silently. */
async function withVulkan(quiet: Record<string, string>, more: Record<string, string> = {}): Promise<GpuEnvironment> {
  const backend = Deno.env.get("DENO_WEBGPU_BACKEND") ?? "vulkan";
  const env = { ...quiet, DENO_WEBGPU_BACKEND: backend, ...more };
  return { env, adapter: await findAdapterWith(env) };
}

function withLavapipe(quiet: Record<string, string>): Promise<GpuEnvironment> {
  const driver = findDriver();
  return withVulkan(quiet, driver ? { VK_ICD_FILENAMES: driver } : {});
}

/** Silences a driver message about XDG_RUNTIME_DIR and keeps compiled shaders between runs. */
function quietEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  if (Deno.build.os !== "linux") return env;
  const temporary = `${Deno.env.get("TMPDIR") ?? "/tmp"}/refrain-${Deno.uid()}`;
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? (home ? `${home}/.cache` : temporary);
  const set = (name: string, path: string) => {
    if (!Deno.env.get(name) && makeFolder(path)) env[name] = path;
  };
  set("XDG_RUNTIME_DIR", `${temporary}/runtime`);
  set("MESA_SHADER_CACHE_DIR", `${cache}/refrain/shaders`);
  return env;
}

/** Makes a folder; false if it cannot be made, as its variables are optional. */
function makeFolder(path: string): boolean {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}
