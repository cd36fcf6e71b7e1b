import { PawlError } from "@pawl/core";
import type { Present } from "@pawl/present";
import type { Log, Project, Token } from "@pawl/server";
import { InvalidArgumentError } from "commander";
import { type CommandModule, common, example, type Setting, wholeNumber } from "../command.ts";
import { plural } from "../output/figures.ts";
import { withLive } from "../project/with-live.ts";

interface Options {
  readonly host: string;
  readonly port?: number;
  readonly tokenFile?: string;
  readonly allowHost?: readonly string[];
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  readonly notice?: number;
  readonly grace?: number;
}

/** `pawl serve`: answers over HTTP until it is stopped. */
export const serveCommand: CommandModule = (program, run) => {
  const command = program
    .command("serve")
    .description("answer predictions over HTTP: Pawl's own API, Open Inference Protocol, Feast, MLflow")
    .option("--host <address>", "the address to open; any but loopback wants a token", "127.0.0.1")
    .option("--port <number>", "the port; 0 takes any free one (default: 7295)", portNumber)
    .option("--token-file <path>", "who may ask: a line of <read|write|admin> <token> [name] for each")
    .option("--allow-host <name...>", "further names this server is reached by on loopback")
    .option("--log-level <level>", "debug, info, warn, error or silent", logLevel, "warn")
    .option("--notice <seconds>", "time between 'not ready' and the end, for load balancers", wholeNumber(0))
    .option("--grace <seconds>", "time that requests under way may still take (default: 10)", wholeNumber(0))
    .addHelpText("after", "\nThe environment variable PAWL_TOKEN holds a token of every scope.")
    .action((options: Options) =>
      run(command, async (setting) => {
        await serveUntilStopped(setting, options);
        return undefined;
      }),
    );
  example(common(command), "pawl serve", "PAWL_TOKEN=$(openssl rand -hex 24) pawl serve --host 0.0.0.0");
};

async function serveUntilStopped(setting: Setting, options: Options): Promise<void> {
  const { env } = setting;
  const { host, tokenFile, allowHost, logLevel: level } = options;
  const { createGate, createLog, readTokens } = await import("@pawl/server");
  const tokens = await readTokens({ env, ...(tokenFile !== undefined && { file: tokenFile }) });
  // Before anything is loaded: an open door or a bad token is refused at once.
  createGate({ host, tokens, ...(allowHost && { allowedHosts: allowHost }) });
  const log = createLog(level);
  await withLive(setting, (live) => answerUntilStopped(setting, options, { ...live, tokens, log }));
}

interface Opened {
  readonly project: Project;
  readonly present: Present;
  readonly tokens: readonly Token[];
  readonly log: Log;
}

async function answerUntilStopped(setting: Setting, options: Options, opened: Opened): Promise<void> {
  const { terminal } = setting;
  const { host, port, allowHost, notice, grace } = options;
  const { project, present, tokens, log } = opened;
  const { guardProcess, serveProject } = await import("@pawl/server");
  const server = await serveProject(project, {
    present,
    host,
    tokens,
    log,
    ...(port !== undefined && { port }),
    ...(allowHost && { allowedHosts: allowHost }),
    ...(notice !== undefined && { noticeMs: notice * 1000 }),
    ...(grace !== undefined && { graceMs: grace * 1000 }),
  });
  const models = [...project.ports.catalog.models.keys()];
  terminal.answer({
    document: { url: server.url, host: server.host, port: server.port, protected: tokens.length > 0 },
    words: (paint) =>
      [
        `${paint.good("●")} Pawl listens at ${paint.bold(server.url)}`,
        paint.dim(
          `  ${plural(models.length, "model")} defined${tokens.length > 0 ? `, ${plural(tokens.length, "token")} known` : ", open to this machine only"}; Ctrl-C stops it`,
        ),
      ].join("\n"),
  });
  let fault: unknown;
  const unguard = await new Promise<() => void>((resolve) => {
    const release = guardProcess(log, (thrown) => {
      fault = thrown;
      resolve(release);
    });
    if (terminal.signal.aborted) resolve(release);
    terminal.signal.addEventListener("abort", () => resolve(release), { once: true });
  });
  terminal.note((paint) => paint.dim("Stopping: requests under way are finished first."));
  await server.stop();
  unguard();
  if (fault !== undefined) {
    throw new PawlError("internal", "The server met a fault that nobody caught.", {
      found: fault instanceof Error ? fault.message : String(fault),
      next: "Its log has the whole of it, under a faultId.",
      cause: fault,
    });
  }
}

function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
}

function logLevel(text: string): Options["logLevel"] {
  const levels = ["debug", "info", "warn", "error", "silent"] as const;
  const found = levels.find((level) => level === text);
  if (found) return found;
  throw new InvalidArgumentError(`It must be one of ${levels.join(", ")}.`);
}
