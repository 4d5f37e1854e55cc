#!/usr/bin/env node
// The pinned npm compiler, spoken to as if it were the native `solc`.
//
// Ape (through py-solc-x) and forge look for an executable that answers `--version` and compiles standard JSON
// from stdin. The npm package is the same compiler as WebAssembly, but its own command line speaks neither way.

"use strict";

const fs = require("node:fs");
const path = require("node:path");

const USAGE = "Usage: solc --version | solc --standard-json [--base-path DIR] [--include-path DIR]... < input.json";

function parse(argv) {
  const options = { version: false, standardJson: false, roots: [], basePath: "." };
  for (let i = 0; i < argv.length; i++) {
    const [flag, inline] = argv[i].split(/=(.*)/s);
    const value = () => inline ?? argv[++i];
    if (flag === "--version") options.version = true;
    else if (flag === "--standard-json") options.standardJson = true;
    else if (flag === "--base-path") options.basePath = value();
    else if (flag === "--include-path") options.roots.push(value());
    else if (flag === "--allow-paths") value(); // every import is confined to the roots below
    else fail(`solc (npm): unknown option ${argv[i]}. ${USAGE}`);
  }
  options.roots = [options.basePath, ...options.roots].map((root) => path.resolve(root));
  return options;
}

/** Reads an import from the first root that has it; a name cannot climb out of a root. */
function importer(roots) {
  return (name) => {
    for (const root of roots) {
      const file = path.resolve(root, name);
      if (file.startsWith(root + path.sep) && fs.existsSync(file)) return { contents: source(name, file) };
    }
    return { error: `${name} not found in ${roots.join(", ")}` };
  };
}

/**
 * A source as the compiler gets it. Dependencies mark assembly in the old of two equal ways; the compiler warns of each
 * and falls silent after 256 warnings, which would hide our own. So the mark is written the new way, on the same lines.
 */
function source(name, file) {
  const text = fs.readFileSync(file, "utf8");
  if (!name.startsWith("node_modules/")) return text;
  return text.replace(/\/\/\/ @solidity memory-safe-assembly(\s+)assembly \{/g, '$1assembly ("memory-safe") {');
}

function fail(message) {
  process.stderr.write(message + "\n");
  process.exit(1);
}

const options = parse(process.argv.slice(2));
if (!options.version && !options.standardJson) fail(USAGE);

const solc = require("solc");
if (options.version) {
  // The last line is the native one but for the platform, which neither reader looks at.
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else {
  const input = fs.readFileSync(0, "utf8");
  process.stdout.write(solc.compile(input, { import: importer(options.roots) }) + "\n");
}
