import { pino } from "pino";

/** Where the server writes what happens: lines of JSON. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * A log on standard error, so that standard output stays for answers. Lines are written in batches and
 * all of them before the process ends. Secrets in fields are masked, whoever passes them.
 */
export function createLog(level: LogLevel = "info"): Log {
  const secrets = ["authorization", "token", "secret", "password", "cookie"];
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...secrets, ...secrets.map((name) => `*.${name}`)], censor: "…" },
    },
    pino.destination({ dest: 2, sync: false }),
  );
}

/** A log that keeps nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
