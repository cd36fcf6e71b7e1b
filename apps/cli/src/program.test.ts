import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCodes } from "@pawl/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitStatus } from "./exit-status.ts";
import { runCommandLine } from "./program.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "pawl-program-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

async function pawl(...args: string[]) {
  let stdout = "";
  let stderr = "";
  const status = await runCommandLine(args, {
    stdout: { write: (text: string) => void (stdout += text) },
    stderr: { write: (text: string) => void (stderr += text) },
    env: {},
    cwd,
    signal: new AbortController().signal,
  });
  return { status, stdout, stderr };
}

const names = [
  "init",
  "apply",
  "dataset",
  "train",
  "compare",
  "predict",
  "explain",
  "push",
  "get",
  "verify",
  "serve",
];

describe("help", () => {
  it("lists every command, with and without being asked", async () => {
    for (const args of [[], ["--help"], ["help"]]) {
      const { status, stdout, stderr } = await pawl(...args);
      expect([status, stderr]).toEqual([0, ""]);
      for (const name of names) expect(stdout).toContain(`  ${name} `);
    }
  });

  it.each(names)("of %s has an example", async (name) => {
    const { status, stdout } = await pawl(name, "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`Example:\\n  \\$ (?:\\S+ )*pawl ${name}`));
    expect((await pawl("help", name)).stdout).toContain("Usage: pawl");
    expect(stdout).toContain("--json");
  });

  it("explains every exit status, each its own", async () => {
    const { stdout } = await pawl("help", "exit-codes");
    for (const code of errorCodes) expect(stdout).toMatch(new RegExp(`\\b${exitStatus[code]}  +${code}\\b`));
    expect(new Set(Object.values(exitStatus)).size).toBe(errorCodes.length);
    const json = await pawl("help", "exit-codes", "--json");
    expect(JSON.parse(json.stdout)["5"]).toBe("not_found");
  });

  it("prints the version", async () => {
    expect((await pawl("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a wrong command line", () => {
  it.each([
    [["appply"], "Unknown command 'appply'.", "Did you mean apply?"],
    [["train"], "Missing required argument 'model'.", "See pawl --help."],
    [["train", "m", "--sed", "1"], "Unknown option '--sed'.", "Did you mean --seed?"],
    [["train", "m", "--seed", "x"], "It must be a whole number from 0 on.", ""],
    [["dataset", "m", "--sample", "0"], "It must be a whole number from 1 on.", ""],
    [["serve", "--port", "70000"], "It must be a whole number from 0 to 65535.", ""],
    [["serve", "--log-level", "loud"], "It must be one of debug, info", ""],
    [["init", "--template", "ships"], "It must be one of empty, flights.", ""],
    [["init", "a", "b"], "Too many arguments", ""],
    [["explain", "g.f", "k"], "Required option '--as-of <moment>' not specified.", ""],
  ])("%j is refused", async (args, message, next) => {
    const { status, stdout, stderr } = await pawl(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(next);
  });

  it("is refused as a document for programs", async () => {
    const { status, stdout, stderr } = await pawl("train", "--json");
    expect([status, stderr]).toEqual([2, ""]);
    expect(JSON.parse(stdout).error.code).toBe("invalid_input");
  });

  it("names what there is help on", async () => {
    const { status, stderr } = await pawl("help", "nothing");
    expect(status).toBe(5);
    expect(stderr).toContain("exit-codes, init, apply");
  });
});

describe("outside a project", () => {
  it.each([[["apply"]], [["train", "m"]], [["serve"]], [["compare", "m"]]])(
    "%j says how to make one",
    async (args) => {
      const { status, stderr } = await pawl(...args);
      expect(status).toBe(5);
      expect(stderr).toContain("There is no Pawl project here.");
      expect(stderr).toContain("pawl init");
    },
  );

  it("says that a named folder is none, or not there", async () => {
    expect((await pawl("apply", "--project", ".")).stderr).toContain("This folder is no Pawl project.");
    expect((await pawl("apply", "--project", "nowhere")).stderr).toContain("There is no such folder.");
  });
});

describe("cancelling", () => {
  it("ends with 130 and says so", async () => {
    let stderr = "";
    const status = await runCommandLine(["apply"], {
      stdout: { write: () => undefined },
      stderr: { write: (text: string) => void (stderr += text) },
      env: {},
      cwd,
      signal: AbortSignal.abort(),
    });
    expect(status).toBe(130);
    expect(stderr).toContain("Stopped on request");
  });
});
