/**
 * Trees of tensors: nested records and lists, in which every other value is a part of the structure.
 *
 * @module
 */

/** A tree of the form of S with device tensors T where S has host tensors. */
export type OnDevice<S, T> = S extends HostLeaf ? T : { readonly [K in keyof S]: OnDevice<S[K], T> };

/** What a host tensor is known by. */
interface HostLeaf {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A tensor, on a host or on a device. */
interface Leaf {
  readonly shape: readonly number[];
}

const isLeaf = (value: object): value is Leaf => "shape" in value;

/** A tree of the same form, whose leaves a function has replaced in order. */
export function mapTree<A extends Leaf, B>(tree: unknown, replace: (leaf: A) => B): unknown {
  if (typeof tree !== "object" || tree === null) return tree;
  if (isLeaf(tree)) return replace(tree as A);
  if (Array.isArray(tree)) return tree.map((part) => mapTree(part, replace));
  const parts = Object.entries(tree).map(([name, part]) => [name, mapTree(part, replace)]);
  return Object.fromEntries(parts);
}

/** The leaves of a tree, in order. */
export function leavesOf<A extends Leaf>(tree: unknown): A[] {
  const leaves: A[] = [];
  mapTree<A, void>(tree, (leaf) => void leaves.push(leaf));
  return leaves;
}
