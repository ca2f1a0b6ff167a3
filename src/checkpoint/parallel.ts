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
