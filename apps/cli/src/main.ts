import { runCommandLine } from "./program.ts";

const controller = new AbortController();
let asked = 0;
const stop = (): void => {
  asked++;
  // The first time everything under way ends cleanly; whoever asks again does not want to wait.
  if (asked > 1) process.exit(130);
  controller.abort(new DOMException("Stopped on request.", "AbortError"));
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
// A reader that goes away, such as `head`, is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
});
process.off("SIGINT", stop);
process.off("SIGTERM", stop);
