/**
 * Whether something may still be used: what was disposed throws the same error at every use.
 *
 * @module
 */

/** The lifetime of something that is disposed once. */
export class Lifetime {
  #over = false;

  /** For something that is called `what` in errors: "the model". */
  constructor(readonly what: string) {}

  /** Throws `Cannot <action>: <what> was disposed` once it is over. */
  check(action: string): void {
    if (this.#over) throw new Error(`Cannot ${action}: ${this.what} was disposed`);
  }

  /** Ends it; false where it was over already. */
  end(): boolean {
    const first = !this.#over;
    this.#over = true;
    return first;
  }
}
