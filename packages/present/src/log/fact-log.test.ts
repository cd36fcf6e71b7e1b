import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { crc32 } from "./crc32.ts";
import { FactLog } from "./fact-log.ts";
import { diskFiles, type LogFiles } from "./log-files.ts";
import { decodeRecord, encodeRecord, type LogRecord } from "./log-record.ts";

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function fresh(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "pawl-log-"));
  directories.push(directory);
  return directory;
}

const open = (directory: string, files: LogFiles = diskFiles, segmentBytes = 1000): Promise<FactLog> =>
  FactLog.open({ directory, files, sync: false, segmentBytes });

const record = (first: number): LogRecord => ({
  first,
  count: 1,
  acceptedAt: first * 10,
  floor: first * 10 + 1,
  blocks: [
    {
      source: "s",
      columns: ["at", "big"],
      kinds: ["timestamp", "bigint"],
      operations: [{ sequence: first, op: "put", row: [first, 9_007_199_254_740_993n] }],
    },
  ],
  answers: [],
});

async function sequences(log: FactLog): Promise<number[]> {
  const found: number[] = [];
  for await (const { record } of log.read(log.start)) found.push(record.first);
  return found;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe("the log", () => {
  it("has the check value of CRC-32", () => {
    expect(crc32(Buffer.from("123456789"))).toBe(0xcbf4_3926);
  });

  it("reads a record as it was written", () => {
    const correction: LogRecord = {
      ...record(5),
      blocks: [
        {
          source: "s",
          columns: ["a", "b"],
          kinds: ["string", "bigint"],
          operations: [
            { sequence: 5, op: "put", row: ["x", null], old: { sequence: 2, row: ["y", -1n] } },
            { sequence: 6, op: "delete", row: ["x", 3n], old: { sequence: 3, row: ["x", 3n] } },
          ],
        },
      ],
    };
    expect(decodeRecord(encodeRecord(correction))).toEqual(correction);
  });

  it("goes on in a new segment, and after a new start", async () => {
    const directory = await fresh();
    for (const n of upTo(40)) {
      const log = await open(directory);
      await log.append(record(n));
      await log.close();
    }
    const log = await open(directory);
    expect(await sequences(log)).toEqual(upTo(40));
    expect((await readdir(directory)).length).toBeGreaterThan(3);
    await log.close();
  });

  it("loses only the torn record, wherever the last write was cut", async () => {
    const directory = await fresh();
    const log = await open(directory, diskFiles, 1e6);
    for (const n of upTo(3)) await log.append(record(n));
    const whole = log.end.offset;
    await log.append(record(4));
    await log.close();
    const [name] = await readdir(directory);
    const bytes = await readFile(join(directory, name as string));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: whole, max: bytes.length - 1 }), async (cut) => {
        await writeFile(join(directory, name as string), bytes.subarray(0, cut));
        const again = await open(directory, diskFiles, 1e6);
        expect(await sequences(again)).toEqual([1, 2, 3]);
        await again.append(record(4));
        expect(await sequences(again)).toEqual([1, 2, 3, 4]);
        await again.close();
      }),
      { numRuns: 40 },
    );
  });

  it("refuses damage before the end, wherever it is", async () => {
    const directory = await fresh();
    const log = await open(directory, diskFiles, 1e6);
    for (const n of upTo(3)) await log.append(record(n));
    const early = log.end.offset;
    await log.append(record(4));
    await log.close();
    const [name] = await readdir(directory);
    const path = join(directory, name as string);
    const bytes = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: early - 1 }), async (at) => {
        const bad = Buffer.from(bytes);
        bad[at] = (bad[at] as number) ^ 0x55;
        await writeFile(path, bad);
        await expect(open(directory, diskFiles, 1e6)).rejects.toMatchObject({ code: "bad_data" });
      }),
      { numRuns: 40 },
    );
  });

  it("keeps nothing of a record the disk had no room for, and goes on when there is room", async () => {
    const directory = await fresh();
    let room = true;
    const files: LogFiles = {
      ...diskFiles,
      append: async (path) => {
        const file = await diskFiles.append(path);
        return {
          ...file,
          write: async (bytes, at) => {
            if (room) return file.write(bytes, at);
            await file.write(bytes.subarray(0, bytes.length >> 1), at);
            throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
          },
        };
      },
    };
    const log = await open(directory, files, 1e6);
    await log.append(record(1));
    room = false;
    await expect(log.append(record(2))).rejects.toMatchObject({ code: "exhausted" });
    room = true;
    await log.append(record(2));
    expect(await sequences(log)).toEqual([1, 2]);
    await log.close();
    const again = await open(directory, diskFiles, 1e6);
    expect(await sequences(again)).toEqual([1, 2]);
    await again.close();
  });

  it("takes nothing more after a failed fsync", async () => {
    const directory = await fresh();
    const files: LogFiles = {
      ...diskFiles,
      append: async (path) => ({
        ...(await diskFiles.append(path)),
        sync: () => Promise.reject(new Error("EIO")),
      }),
    };
    const log = await FactLog.open({ directory, files, sync: true, segmentBytes: 1000 });
    await expect(log.append(record(1))).rejects.toMatchObject({ code: "unavailable" });
    await expect(log.append(record(1))).rejects.toMatchObject({ code: "unavailable" });
    await log.close();
  });
});
