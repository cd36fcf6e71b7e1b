// npm start: install and build what is missing, run the flights story, leave the server open.
import { join } from "node:path";
import { build, install, root, run } from "./setup.mjs";

install();
build();
process.exit(
  run(process.execPath, [
    "--import",
    "tsx",
    join(root, "examples", "flights", "story.ts"),
    ...process.argv.slice(2),
  ]),
);
