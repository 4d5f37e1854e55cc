// Made by `make build`.

export const addresses = {
  "RoyaltySplitter": "0xC57B5d91893F4de8209C923cC36242aCCc6c85D8",
  "DatasetRegistry": "0x8590711834AfedB6710552b59454095f363eaE74",
  "LicenseRegistry": "0x11a5356F7ceeFb97ec93DCff7B8dEB63dD01e2B2",
  "UsageLedger": "0xABD0bcB63b95a656Cc0e17E4d73Ac60C47e42cf6",
  "IncentivePool": "0x1a272Ce72e8eB1458E67A4F2d2c33E42B34a8502"
};
