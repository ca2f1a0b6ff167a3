/**
 * Error scopes: GPU errors of work, reported asynchronously.
 *
 * @module
 */

/** A GPU error of submitted work. */
export interface ScopeError {
  /** Whether memory was short. */
  readonly shortage: boolean;
  /** The GPU's message. */
  readonly message: string;
}

/** Innermost last; of several errors a shortage of memory is reported, as it causes the others. */
const SCOPES = ["out-of-memory", "validation", "internal"] as const;

/** Runs work at once; resolves with its error when the GPU has processed it, undefined without an error or for a lost device. */
export function inScopes<R>(
  device: GPUDevice,
  work: () => R,
): { value: R; error: Promise<ScopeError | undefined> } {
  for (const scope of SCOPES) device.pushErrorScope(scope);
  let errors: Promise<GPUError | null>[] = [];
  let value: R;
  try {
    value = work();
  } finally {
    errors = SCOPES.map(() => popped(device)).reverse();
  }
  const error = Promise.all(errors).then((found) => {
    const worst = found.findIndex((error) => error);
    return worst < 0 ? undefined : { shortage: worst === 0, message: found[worst]!.message };
  });
  return { value, error };
}

/** The error of the innermost scope; a lost device has none. */
async function popped(device: GPUDevice): Promise<GPUError | null> {
  try {
    return await device.popErrorScope();
  } catch {
    return null;
  }
}
