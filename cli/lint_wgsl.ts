/** `deno task lint:wgsl`: every shader the kernels can produce, validated by Tint, the compiler of Chromium and Dawn. */
import { type Example, examples } from "./lint_wgsl/examples.ts";

/** Dawn for Node. Imported by name at run time and without the lock file: 130 MB that only this command needs. */
const dawn = "npm:webgpu@0.6.2";

/** What it exports. */
interface Dawn {
  create(options: string[]): GPU;
  globals: Record<string, unknown>;
}

interface Complaint {
  error: boolean;
  text: string;
}

const features = ["shader-f16", "subgroups"] as GPUFeatureName[];

/** Tint's complaints about each shader, warnings included; the device has the default limits, the portable budget. */
async function lint(device: GPUDevice, { name, wgsl, constants }: Example): Promise<Complaint[]> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: wgsl });
  const { messages } = await module.getCompilationInfo();
  const sound = !messages.some(({ type }) => type === "error");
  if (sound) device.createComputePipeline({ layout: "auto", compute: { module, constants } });
  const refused = await device.popErrorScope();
  const lines = wgsl.split("\n");
  const complaints = messages.map(({ type, lineNum, linePos, message }) => ({
    error: type === "error",
    text: `${name}:${lineNum}:${linePos} ${type}: ${message}\n    ${(lines[lineNum - 1] ?? "").trim()}`,
  }));
  if (sound && refused) complaints.push({ error: true, text: `${name}: error: ${refused.message}` });
  return complaints;
}

async function main(): Promise<number> {
  const { create, globals } = await import(dawn) as Dawn;
  Object.assign(globalThis, globals);
  const gpu = create(["backend=null"]);
  Object.assign(globalThis, { dawnInstance: gpu }); // Dawn crashes when its instance is collected before its devices
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error("Cannot lint shaders: Tint's null adapter did not start");
  const device = await adapter.requestDevice({ requiredFeatures: features });
  let shaders = 0, failed = 0;
  for (const shader of examples()) {
    const complaints = await lint(device, shader);
    for (const { text } of complaints) console.error(text);
    failed += complaints.some(({ error }) => error) ? 1 : 0;
    shaders++;
  }
  device.destroy();
  if (shaders === 0) throw new Error("Cannot lint shaders: the kernels gave no examples");
  console.log(`${shaders - failed} shaders passed, ${failed} failed`);
  return failed ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
