// What a program in JavaScript asks and signs, with viem: it takes a licence, signs a voucher for two uses, and proves one.
// Run:  DEVELOPER_KEY=0x… GATEWAY_KEY=0x… node license.mjs NODE DATASET   (the developer has a channel with the gateway)

import { createPublicClient, createWalletClient, http, pad, parseEventLogs, toHex, zeroAddress, zeroHash } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { addresses, batchOf, domainOf, licenseRegistryAbi, types, usageLedgerAbi } from "../../npm/index.js";

const [url, dataset] = [process.argv[2], Number(process.argv[3])];
const developer = privateKeyToAccount(process.env.DEVELOPER_KEY);
const gateway = privateKeyToAccount(process.env.GATEWAY_KEY);
const chain = createPublicClient({ transport: http(url), pollingInterval: 50 });
const wallet = createWalletClient({ transport: http(url) });
const licenses = { address: addresses.LicenseRegistry, abi: licenseRegistryAbi };
const ledger = { address: addresses.UsageLedger, abi: usageLedgerAbi };

/** Send a call and return its events. */
async function send(account, contract, functionName, args, value = 0n) {
  const hash = await wallet.writeContract({ account, chain: null, ...contract, functionName, args, value });
  const { logs } = await chain.waitForTransactionReceipt({ hash });
  return parseEventLogs({ abi: contract.abi, logs });
}

// An event says that an offer was made, offerOf whether it stands, and TermsPublished what its terms are, whole.
const events = (eventName, args) => chain.getContractEvents({ ...licenses, eventName, args, fromBlock: 0n });
let [terms, termsId, price] = [];
for (const { args } of await events("OfferMade", { dataset })) {
  const asked = [dataset, args.termsId, args.licensee];
  const [found, left] = await chain.readContract({ ...licenses, functionName: "offerOf", args: asked });
  if (left === 0) continue;
  [termsId, price] = [args.termsId, found];
  [{ args: { terms } }] = await events("TermsPublished", { termsId });
  console.log(`dataset ${dataset} is offered for ${price} of ${terms.token}, ${terms.unitPrice} a unit`);
}

// Take a licence, at no more than that price. One that costs a token needs an approval first, or a permit.
const value = terms.token === zeroAddress ? price : 0n;
const wanted = [dataset, termsId, price, developer.address, zeroHash];
const [{ args: { licenseId } }] = (await send(developer, licenses, "acquire", wanted, value)).filter(
  (it) => it.eventName === "LicenseAcquired",
);
const TRAINING = 2; // a right's bit
const may = [licenseId, developer.address, dataset, 1 << TRAINING];
const authorized = await chain.readContract({ ...licenses, functionName: "isAuthorized", args: may });
console.log(`licence ${licenseId} lets ${developer.address} train: ${authorized}`);

// Two uses, of three and four units, and one voucher for both, which the developer signs.
const at = BigInt(Math.floor(Date.now() / 1000));
const use = { license: licenseId, dataset, version: 1, item: zeroHash, right: TRAINING, at };
const uses = [3n, 4n].map((units, number) => ({ ...use, units, nonce: pad(toHex(number)) }));
const batch = batchOf(uses.map((it) => ({ use: it, price: it.units * terms.unitPrice })));
const voucher = batch.voucher({ payer: developer.address, gateway: gateway.address, token: terms.token, batch: 2n });
const domain = domainOf("UsageLedger", await chain.getChainId());
const signature = await developer.signTypedData({ domain, types, primaryType: "Voucher", message: voucher });
console.log(`signed ${voucher.amount} for ${voucher.calls} uses`);

// The gateway settles.
const [{ args: { settledAt } }] = await send(gateway, ledger, "settle", [voucher, signature]);

// Anybody can ask the ledger whether a use was paid for; an altered one was not.
const line = batch.statement(0);
const second = batch.use(0, 1);
for (const units of [4n, 5n]) {
  const args = [voucher, settledAt, line.statement, line.proof, { ...second.use, units }, second.proof];
  const holds = await chain.readContract({ ...ledger, functionName: "verifyUse", args });
  console.log(`a use of ${units} units was paid for: ${holds}`);
}
