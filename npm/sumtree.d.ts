export type Hex = `0x${string}`;

/** A node: its hash, and what is below it. */
export interface Node {
  hash: Hex;
  /** In the token's smallest unit. */
  amount: bigint;
  calls: bigint;
}

export declare function sumOf(node: Pick<Node, "amount" | "calls">): bigint;
export declare function parentOf(left: Node, right: Node): Node;
export declare function levelsOf(leaves: readonly Node[]): Node[][];
export declare function rootOf(leaves: readonly Node[]): Node;
export declare function proofOf(leaves: readonly Node[], index: number): Node[];
export declare function verifyProof(
  root: Node,
  count: number,
  leaf: Node,
  index: number,
  siblings: readonly Node[],
): boolean;
