/** No files of the library import each other in a circle. */
import { assertEquals } from "@std/assert";
import { arrows } from "./support/imports.ts";

/** Groups of files that import each other in a circle (strongly connected components, Tarjan 1972). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const stack: string[] = [], found: string[][] = [];
  const visit = (file: string): number => {
    order.set(file, order.size);
    let low = order.get(file)!;
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, order.get(next)!);
    }
    if (low !== order.get(file)) return low;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
    return low;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

Deno.test("no files of the library import each other in a circle, types included", async () => {
  const graph = new Map<string, string[]>();
  for (const [from, to] of await arrows()) if (/^(mod|src|reference|kernels)\b/.test(from)) push(graph, from, to);
  assertEquals(circles(graph), []);
  assertEquals(circles(new Map([["a", ["b"]], ["b", ["c", "d"]], ["c", ["a"]], ["d", []]])), [["a", "b", "c"]]);
});

function push(graph: Map<string, string[]>, from: string, to: string): void {
  graph.set(from, [...graph.get(from) ?? [], to]);
}
