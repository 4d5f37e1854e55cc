// A batch: the uses of one channel, what a voucher says of them, and the proof that the ledger takes of each.

import { hashStruct } from "viem";
import { proofOf, rootOf, sumOf } from "./sumtree.js";
import { types } from "./types.js";

/** Return the EIP-712 struct hash of one of the suite's structs. */
export const structHash = (primaryType, data) => hashStruct({ data, primaryType, types });

/**
 * Sum up the uses of a batch, in the order in which they were made.
 * Each is { use, price }: the struct `Use`, and what it costs in the token's smallest unit.
 */
export function batchOf(priced) {
  const lines = new Map();
  for (const { use, price } of priced) {
    const key = `${use.license}/${use.dataset}`;
    if (!lines.has(key)) lines.set(key, { license: BigInt(use.license), dataset: Number(use.dataset), uses: [] });
    lines.get(key).uses.push({ use, price: BigInt(price) });
  }
  const ordered = [...lines.values()].sort((a, b) =>
    a.license === b.license ? a.dataset - b.dataset : a.license < b.license ? -1 : 1,
  );
  for (const line of ordered) {
    line.leaves = line.uses.map(({ use, price }) => ({ hash: structHash("Use", use), amount: price, calls: 1n }));
    const root = rootOf(line.leaves);
    line.statement = {
      license: line.license,
      dataset: line.dataset,
      units: line.uses.reduce((sum, { use }) => sum + BigInt(use.units), 0n),
      calls: root.calls,
      uses: root.hash,
    };
    line.node = { ...root, hash: structHash("Statement", line.statement) };
  }
  return new Batch(ordered);
}

/** A node as the contracts take it in a proof. */
const pair = (node) => ({ hash: node.hash, sum: sumOf(node) });

class Batch {
  constructor(lines) {
    this.lines = lines;
    this.root = rootOf(lines.map((it) => it.node));
  }

  /** Return the voucher for all of it. */
  voucher({ payer, gateway, token, batch, fee = 0n }) {
    const { hash, amount, calls } = this.root;
    return { payer, gateway, token, batch, amount, fee, calls, statements: this.lines.length, root: hash };
  }

  /** Return what `verifyStatement`, `collect` and `verifyUse` take: a statement with its proof, by its place. */
  statement(place) {
    const { statement, node } = this.lines[place];
    return { statement, proof: { index: BigInt(place), amount: node.amount, siblings: this.#siblings(place) } };
  }

  /** Return what `verifyUse` takes of one use: its place in its statement, and its proof. */
  use(place, index) {
    const { uses, leaves } = this.lines[place];
    const siblings = proofOf(leaves, index).map(pair);
    return { use: uses[index].use, proof: { index: BigInt(index), amount: uses[index].price, siblings } };
  }

  #siblings(place) {
    return proofOf(
      this.lines.map((it) => it.node),
      place,
    ).map(pair);
  }
}
