// Bounded concurrency.

/**
 * Runs a task for every item, at most `width` of them at a time. After a failure no further task starts;
 * the failure is thrown when the running ones have ended.
 *
 * ```ts
 * await inParallel([1, 2, 3], 2, async (item) => console.log(await Promise.resolve(item)));
 * ```
 */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const worker = async () => {
    while (failures.length === 0 && next < items.length) {
      await task(items[next++]).catch((error) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * Makes a function that runs tasks as they come, at most `width` of them at a time; the others wait in line.
 *
 * ```ts
 * const connect = inLine(6);
 * await connect(async () => console.log(await Promise.resolve("the first of six")));
 * ```
 */
export function inLine(width: number): <R>(task: () => Promise<R>) => Promise<R> {
  const line: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running === width) await new Promise<void>((next) => line.push(next));
    else running++;
    try {
      return await task();
    } finally {
      const next = line.shift();
      if (next) next();
      else running--;
    }
  };
}
