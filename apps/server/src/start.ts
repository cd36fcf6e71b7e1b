import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { PawlError } from "@pawl/core";
import type { Hono } from "hono";
import type { PawlEnv } from "./http/edge.ts";
import type { Log } from "./log.ts";

export const defaultPort = 7295;

export interface StartOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 7295; 0 takes any free one. */
  readonly port?: number;
  readonly log: Log;
  /** Called when the server begins to go down, before any connection is closed. */
  readonly onStopping?: () => void;
  /** Milliseconds between "not ready" and "no more connections", for load balancers to notice. Default 0. */
  readonly noticeMs?: number;
  /** Milliseconds that requests under way may still take. Default 10,000. */
  readonly graceMs?: number;
}

export interface RunningServer {
  /** http://127.0.0.1:7295 */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops taking requests, lets those under way finish, then closes. Called twice, it is done once. */
  stop(): Promise<void>;
}

/** Opens a port for an application. A port that is taken, forbidden or not of this machine is said so. */
export async function startServer(app: Hono<PawlEnv>, options: StartOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", port = defaultPort, log, noticeMs = 0, graceMs = 10_000 } = options;
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  // Slow senders hold a socket, not the server: ten minutes for a body (artifacts are large), far less for headers.
  server.requestTimeout = 600_000;
  server.headersTimeout = 15_000;
  // Longer than the minute that load balancers commonly keep idle connections for.
  server.keepAliveTimeout = 65_000;
  let stopping = false;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuseRaw(error, socket as Socket));
  server.prependListener("request", (_request, response) => {
    if (stopping) response.setHeader("connection", "close");
  });
  await listen(server, host, port);
  const bound = server.address() as AddressInfo;
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    stopping = true;
    options.onStopping?.();
    if (noticeMs > 0) await new Promise((resolve) => setTimeout(resolve, noticeMs));
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const cut = setTimeout(() => {
      log.warn({ graceMs }, "requests under way were cut off");
      server.closeAllConnections();
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  }

  return {
    url: `http://${name}:${bound.port}`,
    host,
    port: bound.port,
    stop: () => (stopped ??= stop()),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port }, () => resolve());
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): PawlError {
  const address = `${host}:${port}`;
  if (error.code === "EADDRINUSE") {
    return new PawlError("conflict", `Port ${port} is taken.`, {
      found: `another program at ${address}`,
      next: "Stop it, or choose another port with --port; 0 takes any free one.",
      cause: error,
    });
  }
  if (error.code === "EACCES") {
    return new PawlError("forbidden", `Port ${port} may not be opened by this user.`, {
      expected: "a port from 1024 on",
      cause: error,
    });
  }
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return new PawlError("invalid_input", `${host} is not an address of this machine.`, {
      next: "Use 127.0.0.1, or 0.0.0.0 for every address.",
      cause: error,
    });
  }
  return new PawlError("unavailable", `${address} cannot be opened.`, { found: error.message, cause: error });
}

const rawStatus: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** What is not HTTP never reaches the application; it still gets an answer in the one form. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = rawStatus[error.code ?? ""] ?? "400 Bad Request";
  const document = new PawlError("invalid_input", "This is not an HTTP request Pawl can read.", {
    found: error.code ?? error.message,
  });
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
