// What a program in JavaScript asks and signs, with viem: offers, a licence, a voucher for one use, and its proof.
// Run where deployments/ is:  DEVELOPER_KEY=0x… GATEWAY_KEY=0x… node license.mjs NODE DATASET LICENSE

import { readFileSync } from "node:fs";
import { createPublicClient, createWalletClient, hashStruct, http, parseEventLogs, zeroHash } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [url, dataset, license] = [process.argv[2], Number(process.argv[3]), BigInt(process.argv[4])];
const developer = privateKeyToAccount(process.env.DEVELOPER_KEY);
const gateway = privateKeyToAccount(process.env.GATEWAY_KEY);
const chain = createPublicClient({ transport: http(url) });

// Where the contracts are, and what they understand.
const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const { chainId, block, contracts } = read(`deployments/${await chain.getChainId()}.json`);
const abiOf = (name) => read(new URL(`../../audiera/abi/${name}.json`, import.meta.url)).abi;
const contract = (name) => ({ address: contracts[name].address, abi: abiOf(name) });
const [licenses, ledger] = [contract("LicenseRegistry"), contract("UsageLedger")];

// An event says that an offer was made, offerOf whether it stands, and TermsPublished what its terms are, whole.
const events = (eventName, args) =>
  chain.getContractEvents({ ...licenses, eventName, args, fromBlock: BigInt(block) });
let terms;
for (const { args } of await events("OfferMade", { dataset })) {
  const asked = [dataset, args.termsId, args.licensee];
  const [price, left] = await chain.readContract({ ...licenses, functionName: "offerOf", args: asked });
  if (left === 0) continue;
  [{ args: { terms } }] = await events("TermsPublished", { termsId: args.termsId });
  console.log(`dataset ${dataset} is offered for ${price} of ${terms.token}, ${terms.unitPrice} a unit`);
}

// May the developer train on it now?
const TRAINING = 2; // a right's bit
const may = [license, developer.address, dataset, 1 << TRAINING];
const authorized = await chain.readContract({ ...licenses, functionName: "isAuthorized", args: may });
console.log(`licence ${license} lets ${developer.address} train: ${authorized}`);

// The structs that are hashed and signed, as docs/formats.md defines them.
const DEFINITIONS = [
  "Voucher(address payer,address gateway,address token,uint64 batch,uint128 amount,uint128 fee,uint64 calls,uint32 statements,bytes32 root)",
  "Use(uint64 license,uint32 dataset,uint16 version,bytes32 item,uint8 right,uint64 units,uint64 at,bytes32 nonce)",
  "Statement(uint64 license,uint32 dataset,uint64 units,uint64 calls,bytes32 uses)",
];
const member = (text) => ({ type: text.split(" ")[0], name: text.split(" ")[1] });
const parsed = DEFINITIONS.map((it) => it.match(/(\w+)\((.*)\)/));
const types = Object.fromEntries(parsed.map(([, name, members]) => [name, members.split(",").map(member)]));
const hash = (primaryType, data) => hashStruct({ data, primaryType, types });

// A batch of one use: its tree is its leaf, so no more is to be hashed. For more uses see docs/formats.md, section 6.
const at = BigInt(Math.floor(Date.now() / 1000));
const use = { license, dataset, version: 1, item: zeroHash, right: TRAINING, units: 3n, at, nonce: zeroHash };
const price = use.units * terms.unitPrice;
const statement = { license, dataset, units: use.units, calls: 1n, uses: hash("Use", use) };
const voucher = {
  ...{ payer: developer.address, gateway: gateway.address, token: terms.token, batch: 2n },
  ...{ amount: price, fee: 0n, calls: 1n, statements: 1, root: hash("Statement", statement) },
};
const domain = { name: "UsageLedger", version: "1", chainId, verifyingContract: ledger.address };
const signature = await developer.signTypedData({ domain, types, primaryType: "Voucher", message: voucher });
console.log(`signed ${voucher.amount} for ${voucher.calls} use`);

// The gateway settles.
const wallet = createWalletClient({ account: gateway, transport: http(url) });
const sent = await wallet.writeContract({ ...ledger, chain: null, functionName: "settle", args: [voucher, signature] });
const { logs } = await chain.waitForTransactionReceipt({ hash: sent, pollingInterval: 50 });
const [settled] = parseEventLogs({ ...ledger, logs, eventName: "BatchSettled" });

// Anybody can ask the ledger whether a use was paid for; an altered one was not.
const leaf = { index: 0n, amount: price, siblings: [] };
for (const units of [3n, 2n]) {
  const args = [voucher, settled.args.settledAt, statement, leaf, { ...use, units }, leaf];
  const holds = await chain.readContract({ ...ledger, functionName: "verifyUse", args });
  console.log(`a use of ${units} units was paid for: ${holds}`);
}
