// Rebuilds every sum tree, statement and voucher of the vectors with the npm package, and every type's hash.
// Exits non-zero at the first difference. Run: node tests/vectors/check_npm.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { keccak256, toHex } from "viem";
import { batchOf, proofOf, rootOf, structHash, sumOf, types, verifyProof } from "../../npm/index.js";

const read = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));
const node = ({ hash, amount, calls }) => ({ hash, amount: BigInt(amount), calls: BigInt(calls) });
const numbers = (members) =>
  Object.fromEntries(Object.entries(members).map(([name, it]) => [name, /^\d+$/.test(it) ? BigInt(it) : it]));

let proofs = 0;
const { trees } = read("sumtrees");
for (const { leaves, root, proofs: expected } of trees) {
  const nodes = leaves.map(node);
  leaves.forEach((it, at) => assert.equal(sumOf(nodes[at]), BigInt(it.sum)));
  assert.deepEqual(rootOf(nodes), node(root));
  for (const { index, siblings } of expected) {
    const found = proofOf(nodes, index);
    assert.deepEqual(found, siblings.map(node));
    assert.ok(verifyProof(node(root), nodes.length, nodes[index], index, found));
    const dearer = { ...nodes[index], amount: nodes[index].amount + 1n };
    assert.ok(!verifyProof(node(root), nodes.length, dearer, index, found));
    assert.ok(!verifyProof(node(root), nodes.length, nodes[index], index + 1, found));
    assert.ok(!verifyProof(node(root), nodes.length, nodes[index], index, [...found, node(root)]));
    proofs += 1;
  }
}

const { uses, statements, root, voucher } = read("batch");
const batch = batchOf(uses.map(({ use, price }) => ({ use: numbers(use), price: BigInt(price) })));
assert.deepEqual(batch.root, node(root));
statements.forEach(({ statement, amount, proof }, place) => {
  const found = batch.statement(place);
  assert.deepEqual(
    Object.fromEntries(Object.entries(found.statement).map(([name, it]) => [name, String(it)])),
    statement,
  );
  assert.equal(found.proof.amount, BigInt(amount));
  assert.deepEqual(found.proof.siblings, proof.siblings.map(({ hash, sum }) => ({ hash, sum: BigInt(sum) })));
});
const made = batch.voucher(numbers(voucher));
for (const [name, it] of Object.entries(made)) assert.equal(String(it), String(voucher[name]), name);

const known = read("structs").types;
for (const { definition, typeHash } of known) {
  const name = definition.split("(")[0];
  const members = types[name].map((it) => `${it.type} ${it.name}`).join(",");
  assert.equal(keccak256(toHex(`${name}(${members})`)), typeHash);
}
assert.equal(structHash("Receipt", { voucher: structHash("Voucher", made) }).length, 66);
console.log(`${trees.length} trees, ${proofs} proofs, a batch and ${known.length} types agree with the npm package`);
