// One row for each event, decoded; and one for each dataset, licence and credit, as a page needs them.
import { onchainTable } from "ponder";

const log = (t: any) => ({ block: t.bigint().notNull(), logIndex: t.integer().notNull(), at: t.bigint().notNull() });

export const event = onchainTable("event", (t) => ({
  id: t.text().primaryKey(),
  contract: t.text().notNull(),
  name: t.text().notNull(),
  arguments: t.text().notNull(),
  transaction: t.hex().notNull(),
  ...log(t),
}));

export const dataset = onchainTable("dataset", (t) => ({
  id: t.bigint().primaryKey(),
  creator: t.hex().notNull(),
  kind: t.integer(),
  version: t.integer(),
  itemCount: t.bigint(),
  contentRoot: t.hex(),
  manifest: t.hex(),
  offers: t.integer().notNull(),
  ...log(t),
}));

export const license = onchainTable("license", (t) => ({
  id: t.bigint().primaryKey(),
  dataset: t.bigint().notNull(),
  terms: t.hex().notNull(),
  holder: t.hex().notNull(),
  expiresAt: t.bigint(),
  ...log(t),
}));

export const credit = onchainTable("credit", (t) => ({
  id: t.text().primaryKey(),
  account: t.hex().notNull(),
  split: t.hex().notNull(),
  token: t.hex().notNull(),
  payer: t.hex().notNull(),
  amount: t.bigint().notNull(),
  ...log(t),
}));
