import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PawlError } from "@pawl/core";
import type { Asked, Contender, Job, Said } from "./contender.ts";
import { benchFolder } from "./places.ts";
import { interpreter } from "./python.ts";

type Ran = Extract<Said, { said: "ran" }>;
type Answered = Extract<Said, { said: "answered" }>;

/** A contender at work: the parent's side of the protocol. */
export class ContenderProcess {
  readonly contender: Contender;
  readonly version: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #log: string[];

  private constructor(
    contender: Contender,
    version: string,
    child: ChildProcess,
    lines: AsyncIterator<string>,
    log: string[],
  ) {
    this.contender = contender;
    this.version = version;
    this.#child = child;
    this.#lines = lines;
    this.#log = log;
  }

  /** Starts the script and waits until it has loaded its libraries. */
  static async start(contender: Contender, data: string): Promise<ContenderProcess> {
    const job: Job = { data, options: contender.options ?? {} };
    const node = contender.runtime === "node";
    const script = join(benchFolder, node ? "dist" : "src", `${contender.script}.${node ? "js" : "py"}`);
    const program = contender.runtime === "node" ? process.execPath : interpreter(contender.runtime);
    const child = spawn(program, [script, JSON.stringify(job)], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PYTHONPATH: join(benchFolder, "src", "harness"), PYTHONUNBUFFERED: "1" },
    });
    const log: string[] = [];
    child.stderr.on("data", (chunk: Buffer) => {
      log.push(chunk.toString());
      if (log.length > 50) log.shift();
    });
    // A process that is gone is reported by the line it does not say.
    child.stdin.on("error", () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const starting = new ContenderProcess(contender, "", child, lines, log);
    const said = await starting.#hear(300);
    if (said.said !== "ready") throw starting.#unexpected(said);
    return new ContenderProcess(contender, said.version, child, lines, log);
  }

  /** One run; `limit` in seconds. */
  async run(limit: number): Promise<Ran> {
    this.#ask({ ask: "run" });
    const said = await this.#hear(limit);
    if (said.said !== "ran") throw this.#unexpected(said);
    return said;
  }

  /** Has the result of the last run written to a file. */
  async answer(path: string): Promise<Answered> {
    this.#ask({ ask: "answer", path });
    const said = await this.#hear(300);
    if (said.said !== "answered") throw this.#unexpected(said);
    return said;
  }

  /** Ends the process, and waits until it is gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(timer);
  }

  #ask(asked: Asked): void {
    this.#child.stdin?.write(`${JSON.stringify(asked)}\n`);
  }

  async #hear(limit: number): Promise<Said> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#child.kill("SIGKILL");
        reject(this.#failure("exhausted", `took longer than ${limit} s`));
      }, limit * 1000);
    });
    try {
      const line = await Promise.race([this.#lines.next(), late]);
      if (line.done) throw this.#failure("unavailable", "ended without an answer");
      return JSON.parse(line.value) as Said;
    } finally {
      clearTimeout(timer);
    }
  }

  #unexpected(said: Said): PawlError {
    return this.#failure("unavailable", said.said === "failed" ? lastLine(said.why) : `said ${said.said}`);
  }

  #failure(code: "unavailable" | "exhausted", found: string): PawlError {
    return new PawlError(code, `The contender "${this.contender.name}" ${found}.`, {
      found,
      details: { log: this.#log.join("").slice(-4000) },
    });
  }
}

/** The line of a stack trace that says what happened: in Python the last that names an error, in Node the first. */
function lastLine(why: string): string {
  const lines = why.trim().split("\n");
  if (!why.startsWith("Traceback")) return lines[0]?.trim() ?? "failed";
  const named = lines.findLast((line) => /^[\w.]+(Error|Exception|Exit|Interrupt)\b/.test(line));
  return (named ?? lines.at(-1) ?? "failed").trim();
}
