import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/**
 * Starts the sweep's thread: the built file, or from source by tsx. `--import tsx` does not reach the
 * loader of a worker in Node 20 when the program itself runs under tsx, so the thread registers it.
 */
export function startWorker(): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./sweep-worker.js", import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx/package.json"));
  const api = new URL("./dist/esm/api/index.mjs", tsx).href;
  const url = new URL("./sweep-worker.ts", import.meta.url).href;
  const code = `import(${JSON.stringify(api)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(url)});
  });`;
  return new Worker(code, { eval: true, execArgv: ["--conditions=pawl-source"] });
}
