/** Jinja templates with bounds of time and size: a checkpoint may come from anybody. */
import { Environment, Interpreter, Template } from "@huggingface/jinja";
import { reasonOf } from "../../src/checkpoint/messages.ts";

/** Bounds of a template: characters, blanks in a row, milliseconds of a rendering, and sizes of its values. */
export const TEMPLATE_MOST = {
  characters: 200_000,
  blanks: 1000,
  renderMs: 2000,
  /** Characters and items of one value. */
  value: 4_000_000,
  /** Characters of all texts that a rendering makes. */
  made: 64_000_000,
};

/** Types of values of the interpreter, which its package does not export. */
type Value = ReturnType<Interpreter["evaluate"]>;
type Node = Parameters<Interpreter["evaluate"]>[0];

/** The message that a template gives to `raise_exception`. */
export class RaisedError extends Error {}

/** Nodes that give values made before. */
const READING = ["Identifier", "MemberExpression"];

/** An interpreter that throws beyond the bounds. */
class BoundedInterpreter extends Interpreter {
  readonly #end = performance.now() + TEMPLATE_MOST.renderMs;
  readonly #weights = new WeakMap<Value, number>();
  #made = 0;

  /** Evaluates a node, and checks its value and the time. */
  override evaluate(node: Node, environment: Environment): Value {
    if (performance.now() > this.#end) throw new Error(`it takes more than ${TEMPLATE_MOST.renderMs} ms`);
    const value = super.evaluate(node, environment);
    const { weight } = this.#weigh(value);
    if (weight > TEMPLATE_MOST.value) {
      throw new Error(`it makes a value of more than ${TEMPLATE_MOST.value} characters and items`);
    }
    if (typeof value.value === "string" && !READING.includes(node?.type ?? "")) this.#made += weight;
    if (this.#made > TEMPLATE_MOST.made) throw new Error(`it makes more than ${TEMPLATE_MOST.made} characters`);
    return value;
  }

  /** Characters and items of a value, counted up to the bound; namespaces may change, and what holds one is not fixed. */
  #weigh(value: Value): { weight: number; fixed: boolean } {
    const known = this.#weights.get(value);
    if (known !== undefined) return { weight: known, fixed: true };
    const content: unknown = value.value;
    if (typeof content === "string") return { weight: content.length, fixed: true };
    if (!Array.isArray(content) && !(content instanceof Map)) return { weight: 1, fixed: true };
    let weight = 1, fixed = value.type !== "NamespaceValue";
    for (const item of content.values() as Iterable<Value>) {
      if (weight > TEMPLATE_MOST.value) break;
      const part = this.#weigh(item);
      weight += 1 + part.weight;
      fixed &&= part.fixed;
    }
    if (fixed) this.#weights.set(value, weight);
    return { weight, fixed };
  }
}

/** Numbers from `start` to `stop`, as Python's `range`. */
function range(start: number, stop?: number, step: unknown = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (typeof step !== "number" || step === 0) throw new Error("range() step must not be zero");
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= TEMPLATE_MOST.value)) throw new Error(`range() of ${length} numbers`);
  return Array.from({ length }, (_, i) => from + i * step);
}

/** Functions and constants of every template. */
const GLOBALS: Readonly<Record<string, unknown>> = {
  ...{ true: true, false: false, none: null, True: true, False: false, None: null },
  range,
  raise_exception: (message: unknown) => {
    throw new RaisedError(String(message));
  },
  strftime_now: (format: string) => new Template("{{ strftime_now(format) }}").render({ format }),
};

/** A parsed template. */
export class BoundedTemplate {
  readonly #program: Template["parsed"];

  /** Parses a template. Throws an Error for invalid syntax, and for a source beyond the bounds. */
  constructor(source: string) {
    const { characters, blanks } = TEMPLATE_MOST;
    if (source.length > characters) throw new Error(`it has ${source.length} characters, ${characters} is the most`);
    if (new RegExp(`\\s{${blanks + 1}}`).test(source)) throw new Error(`it has more than ${blanks} blanks in a row`);
    this.#program = guarded(() => new Template(source).parsed);
  }

  /** Renders it with variables. Throws a {@link RaisedError}, and an Error for faults of the template. */
  render(variables: Readonly<Record<string, unknown>>): string {
    return guarded(() => {
      const environment = new Environment();
      for (const [name, value] of Object.entries({ ...GLOBALS, ...variables })) environment.set(name, value);
      return String(new BoundedInterpreter(environment).run(this.#program).value);
    });
  }
}

/** Runs a body; errors of the runtime about deep nesting become errors about the template. */
function guarded<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RaisedError) throw error;
    throw new Error(error instanceof RangeError ? "it is nested or repeated too deeply" : reasonOf(error));
  }
}
