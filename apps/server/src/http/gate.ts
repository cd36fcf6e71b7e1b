import { timingSafeEqual } from "node:crypto";
import { PawlError } from "@pawl/core";
import { isLoopback } from "./loopback.ts";

/** Each includes the one before: read asks, write adds facts and records, admin changes what is at work. */
export const scopes = ["read", "write", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** A secret that opens the server. */
export interface Token {
  /** Whom log lines name. Never the secret. */
  readonly name: string;
  readonly scope: Scope;
  readonly secret: string;
}

/** What of a request decides whether it may pass. */
export interface Knock {
  readonly method: string;
  readonly path: string;
  readonly header: (name: string) => string | undefined;
}

export interface Gate {
  /** Who is asking; throws `unauthenticated` or `forbidden`. `undefined` where nobody has to say. */
  admit(knock: Knock): string | undefined;
}

export interface GateOptions {
  readonly tokens: readonly Token[];
  /** The address the server is bound to. */
  readonly host: string;
  /** Other names this server is reached by, beside loopback's own. */
  readonly allowedHosts?: readonly string[];
}

const leastSecret = 16;
const mostSecret = 256;

/** Answered to anybody: probes of load balancers and clusters, which carry no token. */
const open = new Set(["/health", "/ready", "/ping", "/v2/health/live", "/v2/health/ready"]);

/** POST routes that only ask. */
const asking =
  /^\/(?:api\/v1\/models\/[^/]+\/predict|api\/v1\/views\/[^/]+\/vectors|invocations|v2\/models\/.+\/infer|v2\/repository\/index|get-online-features|(?:ajax-)?api\/2\.0\/mlflow\/.*(?:search|query|get)[^/]*)$/;
/** Routes that change which model a name stands for. */
const administering =
  /\/mlflow\/(?:registered-models|model-versions)\/(?:delete|rename|transition-stage|alias)/;

/** What a request needs. */
export function scopeNeeded(method: string, path: string): Scope {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return "read";
  if (administering.test(path)) return "admin";
  if (method === "POST" && asking.test(path)) return "read";
  return "write";
}

/**
 * The door. On loopback without tokens it is open, but not to web pages: a foreign `Host` (DNS rebinding)
 * or a write with a foreign `Origin` is refused. Beyond loopback a token is needed, or there is no gate at all.
 */
export function createGate(options: GateOptions): Gate {
  const { tokens, host, allowedHosts = [] } = options;
  const loopback = isLoopback(host);
  if (!loopback && tokens.length === 0) {
    throw new PawlError("invalid_input", `Pawl does not open ${host} to everybody.`, {
      found: `the address ${host} and no token`,
      expected: "a token for any address but loopback",
      next: "Set PAWL_TOKEN or pass --token-file, or bind 127.0.0.1.",
    });
  }
  const known = tokens.map((token) => {
    checkSecret(token);
    return { name: token.name, scope: token.scope, padded: padded(token.secret) };
  });
  const names = new Set(allowedHosts.map((name) => name.toLowerCase()));

  const whoHolds = (secret: string): (typeof known)[number] | undefined => {
    if (Buffer.byteLength(secret) > mostSecret) return undefined;
    const given = padded(secret);
    let found: (typeof known)[number] | undefined;
    // All are compared, so that the time says nothing about which one fits.
    for (const token of known) if (timingSafeEqual(token.padded, given)) found = token;
    return found;
  };

  return {
    admit({ method, path, header }) {
      if (loopback) checkHost(header("host"), names);
      if (method !== "GET" && method !== "HEAD") checkOrigin(header);
      if (known.length === 0 || open.has(path)) return undefined;
      const secret = secretOf(header("authorization"));
      const token = secret === undefined ? undefined : whoHolds(secret);
      if (!token) {
        throw new PawlError("unauthenticated", "This server wants a token.", {
          found: secret === undefined ? "no token" : "a token that is not known here",
          expected: "Authorization: Bearer <token>, or Basic with the token as password",
        });
      }
      const needed = scopeNeeded(method, path);
      if (scopes.indexOf(token.scope) < scopes.indexOf(needed)) {
        throw new PawlError("forbidden", `The token "${token.name}" may not do this.`, {
          found: token.scope,
          expected: needed,
          next: "Use a token of a wider scope.",
        });
      }
      return token.name;
    },
  };
}

function checkSecret(token: Token): void {
  const length = Buffer.byteLength(token.secret);
  if (length > mostSecret) {
    throw new PawlError("invalid_input", `The token "${token.name}" is too long.`, {
      found: `${length} bytes`,
      expected: `at most ${mostSecret}`,
    });
  }
  if (length >= leastSecret) return;
  throw new PawlError("invalid_input", `The token "${token.name}" is too short to be a secret.`, {
    found: `${length} bytes`,
    expected: `at least ${leastSecret}`,
    next: "Make one: openssl rand -hex 24",
  });
}

/** Secrets are compared at one length, so that the time does not tell it either; cheaper than hashing each. */
function padded(secret: string): Buffer {
  const bytes = Buffer.alloc(mostSecret + 1);
  // The length itself ends the text: "a" and "a\0" are two secrets.
  bytes[mostSecret] = bytes.write(secret, 0, mostSecret, "utf8") & 0xff;
  return bytes;
}

function secretOf(authorization: string | undefined): string | undefined {
  const match = /^(Bearer|Basic) +(\S+)$/i.exec(authorization ?? "");
  const [, scheme, value] = match ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

function checkHost(header: string | undefined, allowed: ReadonlySet<string>): void {
  const name = hostName(header ?? "");
  if (name === "" || isLoopback(name) || allowed.has(name)) return;
  throw new PawlError("forbidden", "This server answers only to its own name.", {
    found: `Host: ${name}`,
    expected: "localhost or 127.0.0.1",
    next: "Name the host with --allow-host, if it is meant to be reached by it.",
  });
}

function checkOrigin(header: Knock["header"]): void {
  const origin = header("origin");
  if (origin === undefined) {
    if (header("sec-fetch-site") !== "cross-site") return;
  } else if (URL.canParse(origin) && new URL(origin).host === header("host")?.toLowerCase()) return;
  throw new PawlError("forbidden", "Another site's page may not do this.", {
    found: `Origin: ${origin ?? "another site"}`,
    expected: "a page of this server, or a program",
  });
}

/** The host of a Host header without its port; IPv6 without brackets. */
function hostName(header: string): string {
  const lower = header.trim().toLowerCase();
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(lower);
  return bracketed?.[1] ?? lower.replace(/:\d+$/, "");
}
