export * from "./abi.js";
export * from "./addresses.js";
export * from "./batch.js";
export * from "./sumtree.js";
export * from "./types.js";
