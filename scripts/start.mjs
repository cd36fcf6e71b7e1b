// npm start: install and build what is missing, run the flights story, leave the server open.
import { join } from "node:path";
import { build, install, root, run } from "./setup.mjs";

install();
build();
process.exit(
  run(process.execPath, [
    join(root, "apps", "cli", "dist", "main.js"),
    "story",
    "flights",
    ...process.argv.slice(2),
  ]),
);
