import { closeSync, existsSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { PawlError } from "@pawl/core";

/** Keeps a second process from writing to the same directory. A dead owner's lock is taken over. */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, "lock");
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, `${process.pid} ${startOf(process.pid)}`);
      closeSync(file);
      return () => unlinkSync(path);
    } catch (cause) {
      if (!existsSync(path)) continue;
      const [pid = "", start = ""] = readFileSync(path, "utf8").split(" ");
      if (isAlive(Number(pid), start)) {
        throw new PawlError("conflict", "Another process has this online store open.", {
          found: `process ${pid} holds ${path}`,
          next: "Stop that process, or give this one another directory.",
          cause,
        });
      }
      unlinkSync(path);
    }
  }
  throw new PawlError("conflict", "The online store's directory cannot be locked.", { found: path });
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
  // Numbers of processes come back: where the system says when it began, that must agree.
  const now = startOf(pid);
  return now === "" || start === "" || now === start;
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
