import type { Work } from "pawl";
import { painter, progressLine, secondsText, wantsColour } from "pawl/terminal";

export const paint = painter(wantsColour(process.stdout, process.env));

export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** Runs one stage of the story: a title, progress while it lasts, then how long it took and what came of it. */
export async function stage<T>(
  title: string,
  signal: AbortSignal,
  body: (work: Work) => Promise<T>,
  told: (result: T) => string,
): Promise<T> {
  signal.throwIfAborted();
  const began = performance.now();
  const line = progressLine(process.stderr);
  if (process.stderr.isTTY) process.stderr.write(paint.dim(`  … ${title}\r`));
  const result = await body({ signal, onProgress: line.report });
  line.clear();
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[2K");
  const seconds = secondsText((performance.now() - began) / 1000);
  say(`${paint.good("✓")} ${paint.bold(title)} ${paint.dim(`· ${seconds}`)}`);
  for (const text of told(result).split("\n")) if (text !== "") say(`  ${text}`);
  return result;
}
