// Rebuilds every tree of items and of what was served, and every split with OpenZeppelin's own library and compares roots and proofs.
// Exits non-zero at the first difference. Run: node tests/vectors/check.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";

const read = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));

let proofs = 0;
const trees = [...read("items").trees, ...read("splits").splits, ...read("served").trees];
for (const { leaves, root, proofs: expected, id } of trees) {
  const tree = SimpleMerkleTree.of(leaves, { sortLeaves: false });
  assert.equal(tree.root, root);
  assert.equal(id ?? root, root, "a split's id is its root");
  for (const { index, siblings } of expected) {
    assert.deepEqual(tree.getProof(index), siblings);
    assert.ok(SimpleMerkleTree.verify(root, leaves[index], siblings));
    proofs += 1;
  }
}
console.log(`${trees.length} trees and ${proofs} proofs agree with @openzeppelin/merkle-tree`);
