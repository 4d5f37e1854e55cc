// Made by `make build`.

export const types = {
  "Call": [{"name": "account", "type": "address"}, {"name": "data", "type": "bytes"}, {"name": "nonce", "type": "uint256"}, {"name": "deadline", "type": "uint256"}],
  "Item": [{"name": "sha256", "type": "bytes32"}, {"name": "size", "type": "uint64"}, {"name": "durationMs", "type": "uint32"}, {"name": "metadata", "type": "bytes32"}],
  "LicenseAnswer": [{"name": "request", "type": "bytes32"}, {"name": "owner", "type": "address"}, {"name": "terms", "type": "bytes32"}, {"name": "price", "type": "uint128"}, {"name": "count", "type": "uint32"}, {"name": "reason", "type": "string"}, {"name": "at", "type": "uint64"}],
  "LicenseRequest": [{"name": "gateway", "type": "address"}, {"name": "asker", "type": "address"}, {"name": "dataset", "type": "uint32"}, {"name": "rights", "type": "uint16"}, {"name": "purpose", "type": "string"}, {"name": "extent", "type": "string"}, {"name": "who", "type": "string"}, {"name": "contact", "type": "string"}, {"name": "at", "type": "uint64"}, {"name": "nonce", "type": "bytes32"}],
  "Receipt": [{"name": "voucher", "type": "bytes32"}],
  "Served": [{"name": "dataset", "type": "uint32"}, {"name": "version", "type": "uint16"}, {"name": "item", "type": "bytes32"}, {"name": "times", "type": "uint64"}],
  "Share": [{"name": "payee", "type": "bytes32"}, {"name": "ppm", "type": "uint32"}],
  "Statement": [{"name": "license", "type": "uint64"}, {"name": "dataset", "type": "uint32"}, {"name": "units", "type": "uint64"}, {"name": "calls", "type": "uint64"}, {"name": "uses", "type": "bytes32"}],
  "Terms": [{"name": "rights", "type": "uint16"}, {"name": "meter", "type": "uint8"}, {"name": "unitPrice", "type": "uint128"}, {"name": "token", "type": "address"}, {"name": "duration", "type": "uint32"}, {"name": "notice", "type": "uint32"}, {"name": "maxUnits", "type": "uint48"}, {"name": "derivativePpm", "type": "uint32"}, {"name": "flags", "type": "uint8"}, {"name": "text", "type": "bytes32"}],
  "TrainingRun": [{"name": "document", "type": "bytes32"}],
  "Use": [{"name": "license", "type": "uint64"}, {"name": "dataset", "type": "uint32"}, {"name": "version", "type": "uint16"}, {"name": "item", "type": "bytes32"}, {"name": "right", "type": "uint8"}, {"name": "units", "type": "uint64"}, {"name": "at", "type": "uint64"}, {"name": "nonce", "type": "bytes32"}],
  "Voucher": [{"name": "payer", "type": "address"}, {"name": "gateway", "type": "address"}, {"name": "token", "type": "address"}, {"name": "batch", "type": "uint64"}, {"name": "amount", "type": "uint128"}, {"name": "fee", "type": "uint128"}, {"name": "calls", "type": "uint64"}, {"name": "statements", "type": "uint32"}, {"name": "root", "type": "bytes32"}]
};

import { addresses } from "./addresses.js";

/** Return the EIP-712 domain of one of the contracts; where it is, unless that is told. */
export const domainOf = (name, chainId, verifyingContract = addresses[name]) =>
  ({ name, version: "1", chainId, verifyingContract });
