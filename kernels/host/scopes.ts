/**
 * Error scopes round work: the GPU tells of its errors later, to the work that made them.
 *
 * @module
 */

/** What the GPU says of some work. */
export interface Verdict {
  /** Whether memory was short. */
  readonly shortage: boolean;
  /** In the GPU's words. */
  readonly message: string;
}

/** Innermost last; memory comes first where there are several errors, as the others follow from it. */
const SCOPES = ["out-of-memory", "validation", "internal"] as const;

/** Runs work at once; the verdict comes when the GPU has seen it, undefined for sound work and for a lost device. */
export function inScopes<R>(
  device: GPUDevice,
  work: () => R,
): { value: R; verdict: Promise<Verdict | undefined> } {
  for (const scope of SCOPES) device.pushErrorScope(scope);
  let errors: Promise<GPUError | null>[] = [];
  let value: R;
  try {
    value = work();
  } finally {
    errors = SCOPES.map(() => popped(device)).reverse();
  }
  const verdict = Promise.all(errors).then((found) => {
    const worst = found.findIndex((error) => error);
    return worst < 0 ? undefined : { shortage: worst === 0, message: found[worst]!.message };
  });
  return { value, verdict };
}

/** The error of the innermost scope; a lost device has none. */
async function popped(device: GPUDevice): Promise<GPUError | null> {
  try {
    return await device.popErrorScope();
  } catch {
    return null;
  }
}
