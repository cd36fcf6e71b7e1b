import type { PawlError, Work } from "@pawl/core";
import { errorText } from "./error-text.ts";
import { type Painter, painter, wantsColour } from "./painter.ts";
import { type ProgressLine, progressLine, type ProgressStream } from "./progress-line.ts";

/** What a command says when it is done: a document for programs, words for people. */
export interface Answer {
  readonly document: unknown;
  readonly words: (paint: Painter) => string;
}

export interface TerminalOptions {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: ProgressStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One JSON document on standard output instead of words. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Where a command's words go. Answers to standard output, everything on the way to standard error. */
export class Terminal {
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly #options: TerminalOptions;
  readonly #progress: ProgressLine;
  readonly #asides: Painter;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.json = options.json;
    this.signal = options.signal;
    this.#progress = progressLine(options.stderr);
    this.#asides = painter(wantsColour(options.stderr, options.env));
  }

  /** What long operations are given: they report here and stop when the user says so. */
  get work(): Work {
    return { onProgress: this.#progress.report, signal: this.signal };
  }

  answer({ document, words }: Answer): void {
    this.#progress.clear();
    const { stdout, env } = this.#options;
    const text = this.json ? JSON.stringify(document, plain, 2) : words(painter(wantsColour(stdout, env)));
    stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Something on the way. */
  note(words: (paint: Painter) => string): void {
    this.#progress.clear();
    this.#options.stderr.write(`${words(this.#asides)}\n`);
  }

  error(error: PawlError): void {
    this.#progress.clear();
    if (this.json) this.#options.stdout.write(`${JSON.stringify(error, plain, 2)}\n`);
    else this.#options.stderr.write(`${errorText(error, this.#asides)}\n`);
  }
}

/** JSON for programs: whole numbers beyond 2⁵³ as text, numbers that are not finite by name, typed arrays as lists. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<number>);
  return value;
}
