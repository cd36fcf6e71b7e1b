// npm run bench: measures Pawl beside its peers from the compiled packages. Arguments go to bench/src/run.ts.
import { join } from "node:path";
import { build, install, root, run } from "./setup.mjs";

install();
build();
const compiled = run(process.execPath, [
  join(root, "node_modules", "typescript", "bin", "tsc"),
  "-b",
  "bench",
]);
if (compiled !== 0) process.exit(compiled);
process.exit(run(process.execPath, [join(root, "bench", "dist", "run.js"), ...process.argv.slice(2)]));
