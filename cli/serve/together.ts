/** Merges streams in order of arrival; each is at most one item ahead of the reader. */

/** The items of all sources in order of arrival. Leaving the loop, or an error of one source, ends all sources. */
export async function* together<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const ready: { iterator: AsyncIterator<T>; step: IteratorResult<T> | Promise<never> }[] = [];
  let wake = () => {};
  const ask = (iterator: AsyncIterator<T>) => {
    const put = (step: IteratorResult<T> | Promise<never>) => {
      ready.push({ iterator, step });
      wake();
    };
    iterator.next().then(put, (error) => {
      const failed = Promise.reject(error);
      failed.catch(() => {}); // the reader gets the error
      put(failed);
    });
  };
  try {
    iterators.forEach(ask);
    for (let running = iterators.length; running > 0;) {
      if (ready.length === 0) await new Promise<void>((resolve) => wake = resolve);
      const { iterator, step } = ready.shift()!;
      const { done, value } = await step;
      if (done) running--;
      else {
        yield value;
        ask(iterator);
      }
    }
  } finally {
    for (const iterator of iterators) void iterator.return?.().catch(() => {});
  }
}
