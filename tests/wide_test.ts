/** Kernels at the widths of published models, each within a bound that faults of a reduced precision exceed. */
import { WebGpuDevice } from "../kernels/mod.ts";
import { wide } from "./cases/wide.ts";
import { worstRatio } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";
import { ratioLine } from "./support/ratios.ts";
import { variantsOf } from "./support/variants.ts";

for (const name of new Set(wide.map(({ op }) => op.name))) {
  gpuTest(`${name}: kernel equals reference at published widths`, async ({ device, adapter }) => {
    const variants = variantsOf(adapter);
    const own = wide.filter(({ op }) => op.name === name);
    for (const [i, { op, ...test }] of own.entries()) {
      const some = variants.filter((_, at) => own.length === 1 || at % 2 === i % 2);
      for (const { adapter } of some) await worstRatio(new WebGpuDevice(device, adapter), op, test as never);
    }
    console.log(ratioLine(name));
  });
}
