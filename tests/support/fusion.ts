/**
 * What a fused operation means: its reference is the composition that the operation names.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { HostTensor } from "../../src/op/device.ts";
import type { Inputs, Op } from "../../src/op/op.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import type { Case } from "./equivalence.ts";

/** Registers the test that a fused operation's reference gives what its parts give, bit for bit. */
export function fusion<I extends string, O extends string, P>(
  op: Op<I, O, P>,
  cases: fc.Arbitrary<Case<I, P>>,
): void {
  Deno.test(`${op.name}: the reference is the composition, bit for bit`, async () => {
    const device = new ReferenceDevice("f64");
    const tensors = (inputs: Inputs<I, HostTensor>): Inputs<I, RefTensor> =>
      Object.fromEntries(
        Object.entries<HostTensor | undefined>(inputs).map(([name, host]) => [name, host && device.from(host)]),
      ) as never;
    await fc.assert(
      fc.asyncProperty(cases, async ({ inputs, params }) => {
        const whole = await device.read(device.run(op, tensors(inputs), params));
        assertEquals(whole, await device.read(op.compose!(device, tensors(inputs), params)));
      }),
      { numRuns: 50 },
    );
  });
}
