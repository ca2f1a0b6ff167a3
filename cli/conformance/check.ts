/**
 * Checking a golden folder on some devices.
 *
 * @module
 */
import type { Device, HostTensors } from "../../src/op/device.ts";
import { type Measured, measureNoise } from "../../reference/mod.ts";
import { CACHED_LOGITS } from "./cached.ts";
import { compare, type Finding } from "./compare.ts";
import { type Golden, specified } from "./golden.ts";
import { type Model, quantitiesOf } from "./model.ts";
import type { Task } from "./task.ts";

/** A model's quantities in double precision, with bounds of their float32 errors. */
export function measure(model: Model, task: Task): Promise<Measured> {
  return measureNoise((device) => quantitiesOf(device, model, task, false));
}

/** Compares every recorded quantity with a device's. */
export function findingsOf(golden: Golden, measured: Measured, actual: HostTensors, device: string): Finding[] {
  const find = (quantity: string, name = quantity): Finding => {
    if (!actual[quantity]) return { quantity, outcome: "unknown", note: "this model has no quantity of this name" };
    const terms = { bound: measured.bounds[name], specified: specified(golden, name) };
    return { quantity, device, ...compare(actual[quantity], golden.recorded.get(name)!, terms) };
  };
  const findings = [...golden.recorded.keys()].map((name) => find(name));
  const cached = golden.recorded.has("infer.logits") && actual[CACHED_LOGITS];
  return cached ? [...findings, find(CACHED_LOGITS, "infer.logits")] : findings;
}

/** Checks a folder on every device; `onStage` gets the name of each computation. */
export async function checkGolden(
  golden: Golden,
  devices: Readonly<Record<string, Device>>,
  onStage: (stage: string) => void = () => {},
): Promise<Finding[]> {
  onStage("bounds");
  const measured = await measure(golden.model, golden.task);
  const byQuantity = new Map<string, Finding[]>([...golden.recorded.keys()].map((name) => [name, []]));
  for (const [name, device] of Object.entries(devices)) {
    onStage(name);
    const actual = await quantitiesOf(device, golden.model, golden.task, true);
    for (const finding of findingsOf(golden, measured, actual, name)) {
      const findings = byQuantity.get(finding.quantity) ?? [];
      byQuantity.set(finding.quantity, findings);
      if (finding.outcome !== "unknown" || findings.length === 0) findings.push(finding);
    }
  }
  return [...byQuantity.values()].flat();
}
