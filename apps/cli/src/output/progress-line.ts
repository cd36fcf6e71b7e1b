import type { Progress } from "@pawl/core";
import { countText, secondsText } from "./figures.ts";

/** What progress is shown on; standard error, so that standard output stays for the answer. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows how far a long operation is. Quiet for the first second. */
export interface ProgressLine {
  readonly report: (progress: Progress) => void;
  /** Takes the line away; called before anything else is printed. */
  clear(): void;
}

const quietMs = 1000;
const barEveryMs = 100;
const lineEveryMs = 5000;
const barWidth = 24;

/** A bar that is redrawn on a terminal, a line every five seconds elsewhere. */
export function progressLine(
  stream: ProgressStream,
  clock: () => number = () => performance.now(),
): ProgressLine {
  const started = clock();
  let last = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    report(progress) {
      const now = clock();
      const every = stream.isTTY ? barEveryMs : lineEveryMs;
      if (now - started < quietMs || now - last < every) return;
      last = now;
      const elapsed = secondsText((now - started) / 1000);
      if (!stream.isTTY) {
        stream.write(
          `${[progress.stage, amount(progress), `${elapsed} so far`].filter(Boolean).join(", ")}\n`,
        );
        return;
      }
      const line = `${bar(progress)} ${progress.stage}  ${amount(progress)}  ${elapsed}`;
      stream.write(`\r\u001b[2K${cut(line, (stream.columns ?? 80) - 1)}`);
      drawn = true;
    },
    clear() {
      if (drawn) stream.write("\r\u001b[2K");
      drawn = false;
    },
  };
}

function amount({ done, total }: Progress): string {
  if (total === undefined || total <= 0) return done === 0 ? "" : countText(done);
  const share = Math.min(100, Math.floor((done / total) * 100));
  return `${share} % (${countText(done)} of ${countText(total)})`;
}

function bar({ done, total }: Progress): string {
  if (total === undefined || total <= 0) return "·".repeat(barWidth);
  const filled = Math.round(Math.min(1, Math.max(0, done / total)) * barWidth);
  return "█".repeat(filled) + "░".repeat(barWidth - filled);
}

const cut = (text: string, width: number): string =>
  [...text].length <= width
    ? text
    : [...text]
        .slice(0, Math.max(0, width - 1))
        .join("")
        .concat("…");
