// What Ponder is to follow: all events of the suite that PEER_SUITE names as JSON, on the chain at PEER_NODE.
import { readFileSync } from "node:fs";
import { createConfig } from "ponder";
import type { Abi } from "viem";

const suite: Record<string, `0x${string}`> = JSON.parse(process.env.PEER_SUITE!);
const contracts = Object.fromEntries(
  Object.entries(suite).map(([name, address]) => {
    const abi: Abi = JSON.parse(readFileSync(`../../audiera/abi/${name}.json`, "utf-8")).abi;
    return [name, { abi, address, chain: "here", startBlock: 0 }];
  }),
);

export default createConfig({
  database: process.env.PEER_POSTGRES
    ? { kind: "postgres", connectionString: process.env.PEER_POSTGRES }
    : { kind: "pglite", directory: process.env.PEER_PGLITE! },
  chains: { here: { id: 31337, rpc: process.env.PEER_NODE! } },
  contracts,
});
