/** The environment in which a child process finds the best adapter of this machine. */
import { mkdirSync } from "node:fs";
import process from "node:process";
import { type Adapter, findAdapter, findAdapterWith, howToInstall, webGpu } from "./adapter.ts";
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
  if (!process.versions.deno) return await withDawn(install);
  const quiet = quietEnvironment();
  const first = await findAdapterWith(quiet);
  if (process.platform !== "linux" || (first && !first.software)) return { env: quiet, adapter: first };
  const chosen = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"].find((name) => process.env[name]);
  if (chosen) return await withVulkan(quiet);
  const software = await withLavapipe(quiet);
  if (software.adapter || !install) return software;
  if (!canInstall()) return software;
  await installDriver();
  return await withLavapipe(quiet);
}

/** Node takes what Dawn finds. */
async function withDawn(install: boolean): Promise<GpuEnvironment> {
  const adapter = await findAdapter();
  if (adapter || !install || !canInstall() || !webGpu()) return { env: {}, adapter };
  await installDriver();
  return { env: {}, adapter: await findAdapter() };
}

/** The reason for a missing adapter, and how to get one. */
export function whyNoAdapter(): string {
  const chosen = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"].find((name) => process.env[name]);
  if (!chosen) return `this machine lists none; ${howToInstall()}`;
  return `${chosen}=${process.env[chosen]} gives none; unset it, or ${howToInstall()}`;
}

/** Restricts WebGPU to Vulkan: without a Vulkan driver an unreliable OpenGL adapter would be chosen silently. */
async function withVulkan(quiet: Record<string, string>, more: Record<string, string> = {}): Promise<GpuEnvironment> {
  const backend = process.env.DENO_WEBGPU_BACKEND ?? "vulkan";
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
  if (process.platform !== "linux") return env;
  const temporary = `${process.env.TMPDIR ?? "/tmp"}/refrain-${process.getuid?.()}`;
  const home = process.env.HOME;
  const cache = process.env.XDG_CACHE_HOME ?? (home ? `${home}/.cache` : temporary);
  const set = (name: string, path: string) => {
    if (!process.env[name] && makeFolder(path)) env[name] = path;
  };
  set("XDG_RUNTIME_DIR", `${temporary}/runtime`);
  set("MESA_SHADER_CACHE_DIR", `${cache}/refrain/shaders`);
  return env;
}

/** Makes a folder; false if it cannot be made, as its variables are optional. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}
