import type { Hex, Node } from "./sumtree.js";

export interface Use {
  license: bigint;
  dataset: number;
  version: number;
  /** The item's leaf; zero: the whole dataset. */
  item: Hex;
  /** The number of the right's bit. */
  right: number;
  units: bigint;
  /** Unix seconds. */
  at: bigint;
  nonce: Hex;
}

export interface Statement {
  license: bigint;
  dataset: number;
  units: bigint;
  calls: bigint;
  uses: Hex;
}

export interface Voucher {
  payer: Hex;
  gateway: Hex;
  token: Hex;
  batch: bigint;
  amount: bigint;
  fee: bigint;
  calls: bigint;
  statements: number;
  root: Hex;
}

/** As the contracts take it. */
export interface SumProof {
  index: bigint;
  amount: bigint;
  siblings: { hash: Hex; sum: bigint }[];
}

export interface Batch {
  readonly root: Node;
  voucher(of: { payer: Hex; gateway: Hex; token: Hex; batch: bigint; fee?: bigint }): Voucher;
  statement(place: number): { statement: Statement; proof: SumProof };
  use(place: number, index: number): { use: Use; proof: SumProof };
}

export declare function structHash(primaryType: string, data: object): Hex;
export declare function batchOf(priced: readonly { use: Use; price: bigint }[]): Batch;
