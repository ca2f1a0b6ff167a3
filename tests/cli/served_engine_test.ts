/** A served engine that ran short of memory: requests are refused with 503 until another one is open. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { ServedEngine } from "../../cli/serve/served_engine.ts";
import { refusalOf } from "../../cli/serve/refusal.ts";
import { ShortageError } from "../../src/op/device.ts";
import { FakeEngine } from "./serve_engine.ts";

/** An engine that stops at its first request, by an error of this cause, and notes that it was closed. */
class StoppingEngine extends FakeEngine {
  constructor(readonly cause: unknown, readonly closed: () => void) {
    super({});
  }

  override submit(): never {
    throw new Error("Cannot generate: the engine has stopped, memory", { cause: this.cause });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.closed();
    return Promise.resolve();
  }
}

const shortage = new ShortageError("run a program on the GPU", "8 bytes could not be allocated");
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("served engine: after a shortage another one is opened, once, and serves the next request", async () => {
  const events: string[] = [];
  const working = Object.assign(new FakeEngine({}), { [Symbol.asyncDispose]: () => Promise.resolve() });
  const engines = [new StoppingEngine(shortage, () => events.push("closed")), working];
  const engine = await ServedEngine.of(() => {
    events.push("opened");
    return Promise.resolve(engines.shift()!);
  });
  for (let i = 0; i < 2; i++) {
    const error = assertThrows(() => engine.submit("a"), ShortageError, "the engine is opened anew");
    const refusal = refusalOf(error, {});
    assertEquals([refusal.status, refusal.details.code], [503, "short_of_memory"]);
  }
  await pause();
  assertEquals(events, ["opened", "closed", "opened"]);
  const generation = engine.submit("a", { maxNewTokens: 2 });
  assertEquals((await Array.fromAsync(generation)).length, 2);
});

Deno.test("served engine: if reopening fails, the next request retries", async () => {
  let opened = 0;
  const engine = await ServedEngine.of(() => {
    if (opened++ === 1) return Promise.reject(shortage);
    return Promise.resolve(new StoppingEngine(shortage, () => {}));
  });
  for (const count of [2, 3]) {
    assertThrows(() => engine.submit("a"), ShortageError);
    await pause();
    assertEquals(opened, count);
  }
});

Deno.test("served engine: one that failed for another reason stays closed", async () => {
  let opened = 0;
  const engine = await ServedEngine.of(() => {
    opened++;
    return Promise.resolve(new StoppingEngine(new Error("lost"), () => {}));
  });
  const { message } = await assertRejects(() => Promise.resolve().then(() => engine.submit("a")), Error);
  assertStringIncludes(message, "the engine has stopped");
  await pause();
  assertEquals(opened, 1);
});
