import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";

/** A file that is only ever written at its end. */
export interface AppendFile {
  write(bytes: Buffer, at: number): Promise<void>;
  /** Resolves when what was written is on disk. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** The few things the log asks of a disk, so that tests can stand in for a broken one. */
export interface LogFiles {
  list(directory: string): Promise<readonly string[]>;
  read(path: string): Promise<Buffer>;
  append(path: string): Promise<AppendFile>;
  /** Writes a whole file, through to the disk. */
  save(path: string, bytes: Buffer): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes new names in a directory survive a power cut. */
  syncDirectory(directory: string): Promise<void>;
}

export const diskFiles: LogFiles = {
  list: async (directory) => {
    await mkdir(directory, { recursive: true });
    return (await readdir(directory)).sort();
  },
  read: (path) => readFile(path),
  append: async (path) => {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return {
      write: async (bytes, at) => {
        let done = 0;
        while (done < bytes.length) {
          done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
        }
      },
      sync: () => file.datasync(),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    };
  },
  save: (path, bytes) => writeFile(path, bytes, { flush: true }),
  rename,
  remove: unlink,
  syncDirectory: async (directory) => {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
