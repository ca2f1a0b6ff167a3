/**
 * Trees of tensors: nested records and lists, in which every other value is a part of the structure.
 *
 * @module
 */

/** A tensor, on a host or on a device. */
export interface Leaf {
  /** Sizes of the axes. */
  readonly shape: readonly number[];
}

/** A tree of the form of S, with tensors T of a device where S has host tensors. */
export type OnDevice<S, T> = S extends Leaf ? T : { readonly [Part in keyof S]: OnDevice<S[Part], T> };

const isLeaf = (value: object): value is Leaf => "shape" in value;

/** A tree of the same form, whose leaves a function replaces in order; it gets their paths, as in `recursions.0.x`. */
export function mapTree<A extends Leaf, B>(
  tree: unknown,
  replace: (leaf: A, path: string) => B,
  path = "",
): unknown {
  if (typeof tree !== "object" || tree === null) return tree;
  if (isLeaf(tree)) return replace(tree as A, path);
  const below = (name: string | number) => path ? `${path}.${name}` : `${name}`;
  if (Array.isArray(tree)) return tree.map((part, i) => mapTree(part, replace, below(i)));
  return Object.fromEntries(Object.entries(tree).map(([name, part]) => [name, mapTree(part, replace, below(name))]));
}

/** The leaves of a tree, in order. */
export function leavesOf<A extends Leaf>(tree: unknown): A[] {
  const leaves: A[] = [];
  mapTree<A, void>(tree, (leaf) => void leaves.push(leaf));
  return leaves;
}
