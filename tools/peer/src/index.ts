// Does with each event the least that an index of this suite would do: less than half of what ours makes of them.
import { readFileSync } from "node:fs";
import { ponder } from "ponder:registry";
import { credit, dataset, event, license } from "ponder:schema";

const on = ponder.on.bind(ponder) as (name: string, handle: (it: { event: any; context: any }) => Promise<void>) => void;
const text = (_: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
const log = (event: any) => ({ block: event.block.number, logIndex: event.log.logIndex, at: event.block.timestamp });

const more: Record<string, (event: any, db: any) => Promise<unknown>> = {
  "DatasetRegistry:DatasetRegistered": (event, db) => {
    const { kind, itemCount, contentRoot, manifest } = event.args.content;
    const said = { kind, version: 1, itemCount: BigInt(itemCount), contentRoot, manifest, offers: 0 };
    return db.insert(dataset).values({ id: event.args.id, creator: event.args.creator, ...said, ...log(event) });
  },
  "DatasetRegistry:VersionPublished": (event, db) => {
    const { id, version, itemCount, contentRoot, manifest } = event.args;
    return db.update(dataset, { id }).set({ version, itemCount: BigInt(itemCount), contentRoot, manifest });
  },
  "LicenseRegistry:OfferMade": (event, db) =>
    db.update(dataset, { id: BigInt(event.args.dataset) }).set((row: any) => ({ offers: row.offers + 1 })),
  "LicenseRegistry:LicenseAcquired": (event, db) => {
    const { licenseId: id, dataset, termsId: terms, to: holder, expiresAt } = event.args;
    const values = { id, dataset: BigInt(dataset), terms, holder, expiresAt: BigInt(expiresAt), ...log(event) };
    return db.insert(license).values(values).onConflictDoUpdate(values);
  },
  "RoyaltySplitter:Credited": (event, db) => {
    const { account, splitId: split, token, payer, amount } = event.args;
    return db.insert(credit).values({ id: event.id, account, split, token, payer, amount, ...log(event) });
  },
};

for (const contract of Object.keys(JSON.parse(process.env.PEER_SUITE!))) {
  const { abi } = JSON.parse(readFileSync(`../../audiera/abi/${contract}.json`, "utf-8"));
  for (const { type, name } of abi) {
    if (type !== "event") continue;
    on(`${contract}:${name}`, async ({ event: it, context: { db } }) => {
      const said = { contract, name, arguments: JSON.stringify(it.args, text), transaction: it.transaction.hash };
      await db.insert(event).values({ id: it.id, ...said, ...log(it) });
      await more[`${contract}:${name}`]?.(it, db);
    });
  }
}
