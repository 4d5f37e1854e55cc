// The sum tree of docs/formats.md, section 6: a Merkle tree in which every node carries the sum of what is below it.
// A node is { hash, amount, calls }; hash is 0x-hex, amount and calls are BigInt.

import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils";

const CALLS = 1n << 64n;
const AMOUNT = 1n << 192n;

/** Pack a node's sum as the contracts do: amount << 64 | calls. Throws a RangeError if a half does not fit. */
export function sumOf({ amount, calls }) {
  if (amount < 0n || amount >= AMOUNT || calls < 0n || calls >= CALLS)
    throw new RangeError(`${amount} for ${calls} calls does not fit a sum; start a new batch`);
  return (amount << 64n) | calls;
}

/** Return the parent of two nodes: keccak-256 of four words, and both sums added. */
export function parentOf(left, right) {
  const amount = left.amount + right.amount;
  const calls = left.calls + right.calls;
  sumOf({ amount, calls });
  const words = [hash(left), word(sumOf(left)), hash(right), word(sumOf(right))];
  return { hash: `0x${bytesToHex(keccak_256(concatBytes(...words)))}`, amount, calls };
}

/** Return every level of the tree over some leaves, the leaves first; an odd last node moves up unchanged. */
export function levelsOf(leaves) {
  if (leaves.length === 0) throw new RangeError("a tree has a leaf at least");
  leaves.forEach(sumOf);
  const levels = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) {
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(parentOf(level[at], level[at + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return levels;
}

/** Return the root over some leaves. */
export function rootOf(leaves) {
  return levelsOf(leaves).at(-1)[0];
}

/** Return the proof of leaf `index`: its siblings from the leaf up; a node that moves up alone has none. */
export function proofOf(leaves, index) {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError(`there is no leaf ${index} of ${leaves.length}`);
  const siblings = [];
  for (const level of levelsOf(leaves)) {
    if ((index ^ 1) < level.length) siblings.push(level[index ^ 1]);
    index >>>= 1;
  }
  return siblings;
}

/** Say whether `leaf` is number `index` of the `count` leaves under `root`. */
export function verifyProof(root, count, leaf, index, siblings) {
  if (!Number.isInteger(index) || index < 0 || index >= count) return false;
  let [node, next, width] = [leaf, 0, count];
  try {
    for (; width > 1; width = Math.ceil(width / 2)) {
      if ((index ^ 1) < width) {
        if (next === siblings.length) return false;
        const sibling = siblings[next++];
        node = index & 1 ? parentOf(sibling, node) : parentOf(node, sibling);
      }
      index >>>= 1;
    }
  } catch {
    return false; // a sum overflows, or a hash is none
  }
  const same = node.hash === root.hash && node.amount === root.amount && node.calls === root.calls;
  return same && next === siblings.length;
}

function hash(node) {
  const bytes = hexToBytes(node.hash.slice(2));
  if (bytes.length !== 32) throw new RangeError(`${node.hash} is no hash of 32 bytes`);
  return bytes;
}

function word(value) {
  return hexToBytes(value.toString(16).padStart(64, "0"));
}
