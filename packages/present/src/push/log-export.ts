import { type Instant, PawlError, type Value, type Work } from "@pawl/core";
import type { FactLog, LogPosition } from "../log/fact-log.ts";
import type { LogRecord } from "../log/log-record.ts";
import type { ExportResult, FactSink, LoggedFact } from "../present.ts";
import type { State } from "../state/state.ts";
import type { KeyValueStore } from "../store/key-value-store.ts";

const exportKey = Buffer.from("exported", "utf8");

interface Manifest {
  readonly upTo: number;
  readonly position: LogPosition;
}

/**
 * The way from the log to history. A batch counts as exported once the sink has said so and that is on disk;
 * after a crash between the two it is given again, with the same sequences.
 */
export class LogExport {
  private readonly log: FactLog;
  private readonly store: KeyValueStore;
  private readonly state: State;
  private manifest: Manifest | undefined;
  private running = false;

  constructor(log: FactLog, store: KeyValueStore, state: State) {
    this.log = log;
    this.store = store;
    this.state = state;
    const bytes = store.get("meta", exportKey);
    this.manifest = bytes ? (JSON.parse(Buffer.from(bytes).toString("utf8")) as Manifest) : undefined;
  }

  get upTo(): number {
    return this.manifest?.upTo ?? 0;
  }

  async run(sink: FactSink, work: Work & { readonly batchSize?: number }): Promise<ExportResult> {
    if (this.running) {
      throw new PawlError("conflict", "The log is being exported already.", {
        next: "Wait for that to end.",
      });
    }
    this.running = true;
    try {
      return await this.export(sink, work);
    } finally {
      this.running = false;
    }
  }

  private async export(
    sink: FactSink,
    { batchSize = 50_000, onProgress, signal }: Work & { readonly batchSize?: number },
  ): Promise<ExportResult> {
    let batch: LoggedFact[] = [];
    let exported = 0;
    let last: Manifest | undefined;
    const flush = async (): Promise<void> => {
      if (!last) return;
      signal?.throwIfAborted();
      if (batch.length > 0) {
        await sink({ facts: batch, from: (batch[0] as LoggedFact).sequence, upTo: last.upTo });
      }
      await this.store.write([
        { table: "meta", key: exportKey, value: Buffer.from(JSON.stringify(last), "utf8") },
      ]);
      this.manifest = last;
      exported += batch.length;
      batch = [];
      onProgress?.({ stage: "exporting facts", done: exported });
    };
    for await (const { record, next } of this.log.read(this.manifest?.position ?? this.log.start)) {
      batch.push(...this.logged(record));
      last = { upTo: record.first + record.count - 1, position: next };
      if (batch.length >= batchSize) await flush();
    }
    await flush();
    return { exported, upTo: this.upTo };
  }

  async *facts(options: {
    readonly source?: string;
    readonly after?: number;
    readonly upTo?: number;
  }): AsyncGenerator<LoggedFact> {
    const { source, after = 0, upTo = this.state.sequence } = options;
    const isExported = this.manifest !== undefined && after >= this.manifest.upTo;
    const from = isExported && this.manifest ? this.manifest.position : this.log.start;
    for await (const { record } of this.log.read(from)) {
      if (record.first > upTo) return;
      for (const fact of this.logged(record)) {
        const isAsked = fact.sequence > after && fact.sequence <= upTo;
        if (isAsked && (source === undefined || source === fact.source)) yield fact;
      }
    }
  }

  private logged({ acceptedAt, blocks }: LogRecord): LoggedFact[] {
    return blocks.flatMap(({ source, columns, operations }) => {
      const live = this.state.sources.get(source);
      return operations.map(({ sequence, op, row, old }): LoggedFact => {
        const fact: Record<string, Value> = {};
        for (const [i, name] of columns.entries()) fact[name] = row[i] ?? null;
        const kept = live?.keyed?.get(live.schema.keyOf(row) ?? "");
        const isLive = op === "put" && (!live?.keyed || kept?.sequence === sequence);
        const logged = { sequence, source, acceptedAt: acceptedAt as Instant, op, fact, live: isLive };
        return old ? { ...logged, replaces: old.sequence } : logged;
      });
    });
  }
}
