/** Finds the WebGPU adapter of this process, or of a child process with another environment. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";

/** Description of an adapter. */
export interface Adapter {
  /** Vendor as the driver gives it; on Vulkan a number. */
  vendor: string;
  /** Architecture, often empty. */
  architecture: string;
  /** Name of the device, for example "llvmpipe (LLVM 15.0.6, 256 bits)". */
  description: string;
  /** Whether it is a software adapter. */
  software: boolean;
  /** Limits by their WebGPU names. */
  limits: Record<string, number>;
  /** Optional features, sorted. */
  features: string[];
}

/** Debian packages that bring the software adapter. */
export const packages: readonly string[] = ["mesa-vulkan-drivers", "libvulkan1"];

/** One sentence that says how to get an adapter on this machine. */
export function howToInstall(): string {
  if (!process.versions.deno && !globalThis.navigator?.gpu && !dawn) {
    return "install Dawn, the WebGPU of Chromium, next to this package: `npm install webgpu`";
  }
  if (process.platform !== "linux") return "update the graphics driver; WebGPU needs Metal, Direct3D 12 or Vulkan";
  return `install a Vulkan driver, for example \`sudo apt-get install ${packages.join(" ")}\` ` +
    "(Debian, Ubuntu; elsewhere Mesa's lavapipe and the Vulkan loader), or run `deno task doctor --fix` as root";
}

let dawn: GPU | undefined;

/** WebGPU of this process: the runtime's, or in Node that of the package `webgpu` (Dawn), where it is installed. */
export function webGpu(): GPU | undefined {
  if (globalThis.navigator?.gpu || process.versions.deno) return globalThis.navigator?.gpu;
  try {
    const { create } = createRequire(import.meta.url)("webgpu") as { create(options: string[]): GPU };
    return dawn ??= create([]); // kept: devices crash when their instance is collected
  } catch {
    return undefined;
  }
}

/** The adapter of this process, or undefined. */
export async function findAdapter(): Promise<Adapter | undefined> {
  const adapter = await webGpu()?.requestAdapter().catch(() => null);
  if (!adapter) return undefined;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const limits: Record<string, number> = {};
  for (const key in adapter.limits) {
    const value = (adapter.limits as unknown as Record<string, unknown>)[key];
    if (typeof value === "number") limits[key] = value;
  }
  const software = isFallbackAdapter || /llvmpipe|lavapipe|swiftshader|basic render/i.test(description);
  return { vendor, architecture, description, software, limits, features: [...adapter.features].sort() };
}

/** The adapter of a child process with `env` added to this one's environment; drivers are chosen when a process starts. */
export async function findAdapterWith(env: Record<string, string>): Promise<Adapter | undefined> {
  const args = ["run", "-A", "--no-check", "--quiet", import.meta.url];
  const text = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout) => {
      resolve(error ? "" : stdout.trim());
    });
  });
  return text ? JSON.parse(text) : undefined;
}

if (import.meta.main) {
  const adapter = await findAdapter();
  if (adapter) console.log(JSON.stringify(adapter));
}
