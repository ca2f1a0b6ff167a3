/**
 * What to do where there is no WebGPU, by runtime.
 *
 * @module
 */

/** The global names by which runtimes differ. */
export interface Runtime {
  /** Deno. */
  readonly Deno?: { readonly version: { readonly deno: string } };
  /** Deno, Node and Bun. */
  readonly process?: { readonly platform?: string; readonly versions?: Readonly<Record<string, string | undefined>> };
  /** Browsers: whether the page came over https or from this machine. */
  readonly isSecureContext?: boolean;
  /** All of them. */
  readonly navigator?: { readonly userAgent?: string };
}

const REFERENCE = 'device: "reference" needs no GPU, but is slow';
const DEBIAN = "install a Vulkan driver, on Debian and Ubuntu: apt-get install mesa-vulkan-drivers libvulkan1";

/**
 * The reason why a runtime has no `navigator.gpu`, and what to do.
 *
 * ```ts
 * whyNoGpu({ isSecureContext: false }); // "this page is not a secure context, …"
 * ```
 */
export function whyNoGpu(runtime: Runtime): string {
  return `${missing(runtime)}; ${REFERENCE}`;
}

/**
 * The reason why WebGPU finds no adapter, and what to do.
 *
 * ```ts
 * whyNoAdapter({ process: { platform: "linux" } }); // "no adapter found, install a Vulkan driver, …"
 * ```
 */
export function whyNoAdapter({ process, navigator }: Runtime): string {
  const advice = process?.platform === undefined
    ? flagOf(navigator?.userAgent)
    : process.platform === "linux"
    ? DEBIAN
    : "update the driver of the graphics card: WebGPU needs Metal, Direct3D 12 or Vulkan";
  return `no adapter found, ${advice}; ${REFERENCE}`;
}

function missing({ Deno, process, isSecureContext, navigator }: Runtime): string {
  if (Deno) return `Deno ${Deno.version.deno} has no navigator.gpu, run \`deno upgrade\`, or add --unstable-webgpu`;
  if (process?.versions?.bun) return `Bun has no WebGPU of its own, ${DAWN}`;
  if (process?.versions?.node) return `Node has no WebGPU of its own, ${DAWN}`;
  if (isSecureContext === false) {
    return "this page is not a secure context, and WebGPU is for https and localhost only: serve the page over https";
  }
  return `this browser has no navigator.gpu, ${flagOf(navigator?.userAgent)}`;
}

const DAWN = 'run `npm install webgpu`, and give { gpu: create([]) } of that package to openDevice("webgpu", …)';

/** How a browser is made to offer WebGPU. */
function flagOf(userAgent = ""): string {
  if (/Firefox\//.test(userAgent)) return "use version 141 or later, or set dom.webgpu.enabled in about:config";
  if (/Chrome\/|Chromium\//.test(userAgent)) {
    return "use version 113 or later with hardware acceleration, or set chrome://flags/#enable-unsafe-webgpu";
  }
  if (/Safari\//.test(userAgent)) return "use Safari 26 or later, or turn WebGPU on among its feature flags";
  return "use a current Chrome, Edge, Firefox or Safari with hardware acceleration";
}
