/**
 * Streams that one loop reads.
 *
 * @module
 */

/** A generator that a second loop is refused; `action` is what its error says cannot be done: "generate". */
export function single<T>(action: string, generator: AsyncGenerator<T>): AsyncGenerator<T> {
  let taken = false;
  const iterator = () => {
    if (taken) throw secondLoop(action);
    taken = true;
    return generator;
  };
  return Object.defineProperty(generator, Symbol.asyncIterator, { value: iterator });
}

/** The error of a second loop over one stream. */
export function secondLoop(action: string): Error {
  return new Error(`Cannot ${action}: another loop reads this stream, or has read it`);
}
