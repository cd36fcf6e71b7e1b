import { join } from "node:path";
import { PawlError } from "@pawl/core";
import { frame, headerBytes, nextFrame, payloadLength, unframe } from "./log-frame.ts";
import type { AppendFile, LogFiles } from "./log-files.ts";
import { decodeRecord, encodeRecord, type LogRecord } from "./log-record.ts";

const magic = Buffer.from("PAWLLOG1", "latin1");

/** A place in the log, between two records. */
export interface LogPosition {
  /** Sequence of the first operation in the segment, which names its file. */
  readonly segment: number;
  readonly offset: number;
}

interface Segment {
  readonly first: number;
  bytes: number;
}

export interface FactLogOptions {
  readonly directory: string;
  readonly files: LogFiles;
  /** fsync before a record counts as written. */
  readonly sync: boolean;
  readonly segmentBytes: number;
}

/**
 * Every change there ever was, in order of acceptance: files that only grow. One writer; a record is written
 * when `append` resolves. A record torn by a crash is at the very end, was never acknowledged, and is set
 * aside when the log is opened; damage anywhere else is refused.
 */
export class FactLog {
  private readonly options: FactLogOptions;
  private readonly segments: Segment[];
  private file: AppendFile | undefined;
  /** Set when the disk did what leaves us unsure of what it holds. */
  private broken: unknown;

  private constructor(options: FactLogOptions, segments: Segment[]) {
    this.options = options;
    this.segments = segments;
  }

  /** `known` is a position up to which the log is known to be sound; its end is looked for from there on. */
  static async open(options: FactLogOptions, known?: LogPosition): Promise<FactLog> {
    const { directory, files } = options;
    const names = await files.list(directory);
    const segments: Segment[] = [];
    for (const name of names) {
      const first = /^(\d{16})\.log$/.exec(name)?.[1];
      if (first) segments.push({ first: Number(first), bytes: -1 });
    }
    const log = new FactLog(options, segments);
    const last = segments.at(-1);
    if (last) await log.mendTail(last, known);
    return log;
  }

  /** The start of what is held. */
  get start(): LogPosition {
    const [segment] = this.segments;
    return segment ? { segment: segment.first, offset: magic.length } : { segment: 0, offset: 0 };
  }

  get end(): LogPosition {
    const segment = this.segments.at(-1);
    return segment ? { segment: segment.first, offset: segment.bytes } : this.start;
  }

  /** Bytes held; segments not read since the start are not counted. */
  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + Math.max(0, bytes), 0);
  }

  /** Writes a record; once this resolves it survives. After a failure nothing of it is left. */
  async append(record: LogRecord): Promise<void> {
    if (this.broken !== undefined) throw unsure(this.broken);
    const bytes = frame(encodeRecord(record));
    const { segment, file } = await this.writable(record.first);
    try {
      await file.write(bytes, segment.bytes);
    } catch (cause) {
      await this.takeBack(file, segment.bytes, cause);
      throw noRoom(cause);
    }
    if (this.options.sync) {
      try {
        await file.sync();
      } catch (cause) {
        // After a failed fsync the pages may be marked clean: only a new start can tell what is on disk.
        this.broken = cause;
        throw unsure(cause);
      }
    }
    segment.bytes += bytes.length;
  }

  /** Records from a position on, each with the position after it, up to what is written now. */
  async *read(from: LogPosition): AsyncGenerator<{ record: LogRecord; next: LogPosition }> {
    const until = this.end;
    for (const segment of this.segments.slice()) {
      if (segment.first < from.segment || segment.first > until.segment) continue;
      const path = this.path(segment.first);
      const whole = await this.options.files.read(path);
      const isLast = segment.first === until.segment;
      const bytes = isLast ? whole.subarray(0, until.offset) : whole;
      if (segment.bytes < 0) segment.bytes = bytes.length;
      let offset = segment.first === from.segment ? Math.max(from.offset, magic.length) : magic.length;
      if (!bytes.subarray(0, magic.length).equals(magic)) throw damaged(path, 0);
      while (offset < bytes.length) {
        const payload = unframe(bytes, offset);
        if (!payload) throw damaged(path, offset);
        offset += headerBytes + payload.length;
        yield { record: decodeRecord(payload), next: { segment: segment.first, offset } };
      }
    }
  }

  /** Deletes whole segments whose every operation is before a sequence. */
  async dropBefore(sequence: number): Promise<void> {
    for (let next = this.segments[1]; next && next.first <= sequence; next = this.segments[1]) {
      const [oldest] = this.segments.splice(0, 1);
      if (oldest) await this.options.files.remove(this.path(oldest.first));
    }
  }

  /** What was forgotten of each source, before any segment with such facts is deleted: state can be made anew. */
  async noteForgotten(forgotten: Readonly<Record<string, number>>): Promise<void> {
    const { directory, files } = this.options;
    const path = join(directory, "forgotten.json");
    await files.save(`${path}.new`, Buffer.from(JSON.stringify(forgotten), "utf8"));
    await files.rename(`${path}.new`, path);
    await files.syncDirectory(directory);
  }

  async forgotten(): Promise<Readonly<Record<string, number>>> {
    const { directory, files } = this.options;
    if (!(await files.list(directory)).includes("forgotten.json")) return {};
    const text = (await files.read(join(directory, "forgotten.json"))).toString("utf8");
    return JSON.parse(text) as Record<string, number>;
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    this.broken ??= "closed";
    await file?.close();
  }

  private path(first: number): string {
    return join(this.options.directory, `${String(first).padStart(16, "0")}.log`);
  }

  private async writable(first: number): Promise<{ segment: Segment; file: AppendFile }> {
    const { files, directory, segmentBytes } = this.options;
    const last = this.segments.at(-1);
    if (last && last.bytes < segmentBytes) {
      this.file ??= await files.append(this.path(last.first));
      return { segment: last, file: this.file };
    }
    await this.file?.close();
    this.file = undefined;
    const path = this.path(first);
    const file = await files.append(path);
    try {
      await file.write(magic, 0);
      await files.syncDirectory(directory);
    } catch (cause) {
      await file.close();
      await files.remove(path).catch(() => {});
      throw noRoom(cause);
    }
    const segment = { first, bytes: magic.length };
    this.segments.push(segment);
    this.file = file;
    return { segment, file };
  }

  private async takeBack(file: AppendFile, length: number, cause: unknown): Promise<void> {
    try {
      await file.truncate(length);
    } catch {
      this.broken = cause;
    }
  }

  /** Checks the last segment, and sets a torn record at its end aside. */
  private async mendTail(segment: Segment, known?: LogPosition): Promise<void> {
    const { files, directory } = this.options;
    const path = this.path(segment.first);
    const bytes = await files.read(path);
    if (bytes.length < magic.length && magic.subarray(0, bytes.length).equals(bytes)) {
      // The process died between making the file and its first record.
      await files.remove(path);
      this.segments.pop();
      const before = this.segments.at(-1);
      if (before) await this.mendTail(before);
      return;
    }
    if (!bytes.subarray(0, magic.length).equals(magic)) throw damaged(path, 0);
    const isKnown = known?.segment === segment.first && known.offset <= bytes.length;
    let offset = isKnown ? Math.max(known.offset, magic.length) : magic.length;
    for (let payload = unframe(bytes, offset); payload; payload = unframe(bytes, offset)) {
      offset += headerBytes + payload.length;
    }
    segment.bytes = offset;
    if (offset === bytes.length) return;
    const whole = payloadLength(bytes, offset);
    const resume = whole === undefined ? offset + 1 : offset + headerBytes + whole;
    if (nextFrame(bytes, resume) !== undefined) throw damaged(path, offset);
    await files.save(join(directory, "torn.bin"), bytes.subarray(offset));
    const file = await files.append(path);
    await file.truncate(offset);
    await file.sync();
    await file.close();
  }
}

function damaged(path: string, offset: number): PawlError {
  return new PawlError("bad_data", "The log of facts is damaged.", {
    found: `no sound record at byte ${offset} of ${path}`,
    expected: "a whole record",
    next: "Restore this file from a copy; facts after this point are in it and must not be thrown away.",
  });
}

function noRoom(cause: unknown): PawlError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const full = /ENOSPC|EDQUOT|EFBIG|no space/i.test(message);
  return new PawlError(full ? "exhausted" : "unavailable", "The facts could not be written to the log.", {
    found: message,
    next: full
      ? "Make room on the disk and push again; nothing of this push was kept."
      : "Check the disk and push again.",
    details: { retryAfterMs: 1000 },
    cause,
  });
}

function unsure(cause: unknown): PawlError {
  return new PawlError(
    "unavailable",
    "The log of facts is closed, since the disk failed or it was asked to.",
    {
      found: cause instanceof Error ? cause.message : String(cause),
      next: "Start again: what is on disk is then read, and no acknowledged fact is lost.",
    },
  );
}
