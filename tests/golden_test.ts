/** Golden folders: recorded values against the definition in double precision and both devices. */
import { assert, assertEquals } from "@std/assert";
import { findingsOf, measure } from "../cli/conformance/check.ts";
import type { Finding } from "../cli/conformance/compare.ts";
import { type Golden, openGolden } from "../cli/conformance/golden.ts";
import { quantitiesOf } from "../cli/conformance/model.ts";
import { type Measured, ReferenceDevice } from "../reference/mod.ts";
import type { Device } from "../src/op/device.ts";
import { goldenNames, goldenPath } from "./support/golden.ts";
import { gpuTest } from "./support/gpu.ts";

/** Read and measured once for all devices. */
const measured = new Map<string, Promise<[Golden, Measured]>>();

function prepared(name: string): Promise<[Golden, Measured]> {
  if (!measured.has(name)) measured.set(name, prepare(name));
  return measured.get(name)!;
}

async function prepare(name: string): Promise<[Golden, Measured]> {
  const golden = await openGolden(goldenPath(name));
  return [golden, await measure(golden.model, golden.task)];
}

/** Fails with the quantities that exceed their bounds; prints the worst error / bound. */
function assertAgreement(name: string, device: string, findings: readonly Finding[]): void {
  assert(findings.length > 0, `${name}: nothing was compared`);
  assertEquals(findings.filter(({ outcome }) => outcome !== "ok"), []);
  const ratios = findings.map(({ worst }) => worst && worst.error > 0 ? worst.error / worst.bound : 0);
  console.log(`${name} on ${device}: worst error / bound ${Math.max(...ratios).toFixed(3)} of ${findings.length}`);
}

async function check(name: string, kind: string, device: Device): Promise<void> {
  const [golden, noise] = await prepared(name);
  const actual = await quantitiesOf(device, golden.model, golden.task, true);
  assertAgreement(name, kind, findingsOf(golden, noise, actual, kind));
}

Deno.test("golden folders are there", () => assert(goldenNames.length > 0));

for (const name of goldenNames) {
  Deno.test(`golden ${name}: the definition, in double precision, gives the recorded float32 values`, async () => {
    const [golden, { exact, bounds }] = await prepared(name);
    // The same errors in units of double instead of float32, in this program and in the one that recorded.
    const doubles = Object.fromEntries(Object.entries(bounds).map(([key, bound]) => [key, 2 * bound * 2 ** -29]));
    assertAgreement(name, "doubles", findingsOf(golden, { exact, bounds: doubles, undecided: [] }, exact, "doubles"));
  });
  Deno.test(`golden ${name}: the reference`, async () => {
    await check(name, "reference", new ReferenceDevice());
  });
  gpuTest(`golden ${name}: the kernels`, async (device) => {
    await check(name, "webgpu", device);
  });
}
