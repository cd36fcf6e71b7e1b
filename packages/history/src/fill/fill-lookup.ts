import { type Lookup, PawlError, type Work } from "@pawl/core";
import { readNumbers, readRecords, type RecordTable, sharedInts } from "../engine/number-table.ts";
import { ident } from "../engine/sql.ts";
import type { Reach } from "../source/relation.ts";
import type { SweepJob } from "../sweep/sweep-job.ts";
import type { SweepPool } from "../sweep/sweep-pool.ts";
import { groupByKey, keyRows, type RowRange } from "./key-rows.ts";
import { type FactRange, keyTable, type LookupQuery, lookupQuery } from "./lookup-query.ts";
import { emptySlots, type SlotValues } from "./slot-values.ts";

export interface LookupRequest {
  readonly lookup: Lookup;
  /** The spine's table, the rows of it to fill, and their moments. */
  readonly spine: string;
  readonly rows: RowRange;
  readonly asOf: Float64Array;
  readonly ignoreKnownTime: boolean;
  readonly factsPerPass: number;
}

/**
 * The aggregates of one lookup for a block of rows. Reads the facts of the keys asked for and sweeps them;
 * when they are more than `factsPerPass`, in passes over ranges of keys (one key is the least).
 */
export async function fillLookup(
  reach: Reach,
  pool: SweepPool,
  request: LookupRequest,
  work: Work,
): Promise<SlotValues> {
  const { lookup, spine, rows, asOf } = request;
  const { session } = reach;
  const keys = await keyTable(reach, spine, lookup.columns, rows);
  const query = await lookupQuery(reach, lookup, keys, request.ignoreKnownTime);
  const values = emptySlots(query.slots, rows.until - rows.from);
  const grouped = await keyRows(session, spine, lookup.columns, keys, rows);
  const range = momentsOf(asOf);
  if (range !== undefined && keys.count > 0) {
    const pass = async (codes: FactRange["codes"], limit: number): Promise<boolean> => {
      const facts = await readFacts(reach, query, lookup, { ...range, ...(codes && { codes }) }, limit, work);
      if (!facts) return false;
      const job: SweepJob = {
        facts: {
          records: facts.records,
          width: query.width,
          known: query.known,
          ...groupByKey(facts.integers, keys.count),
        },
        rows: { ...grouped, asOf },
        keys: codes ?? { from: 0, until: keys.count },
        slots: values.slots,
        out: values.out,
        outWidth: values.width,
        control: sharedInts(2),
      };
      await pool.run(job, work);
      return true;
    };
    if (!(await pass(undefined, request.factsPerPass))) {
      for (const codes of await passesOver(reach, query, keys.count, range, request.factsPerPass)) {
        if (!(await pass(codes, Number.POSITIVE_INFINITY))) {
          throw new PawlError("internal", "A pass over facts did not end.");
        }
      }
    }
  }
  await session.run(`DROP TABLE ${ident(keys.table)}`);
  return values;
}

async function readFacts(
  reach: Reach,
  query: LookupQuery,
  lookup: Lookup,
  range: FactRange,
  limit: number,
  work: Work,
): Promise<RecordTable | undefined> {
  const stage = `reading ${lookup.source.name}`;
  return readRecords(reach.session, query.select(range), query.width, {
    required: query.known,
    limit,
    expected: Math.min(limit, query.atMost ?? 65_536),
    onRows: (done) => work.onProgress?.({ stage, done }),
  });
}

/** Ranges of key codes with at most so many facts each, as far as single keys allow. */
async function passesOver(
  reach: Reach,
  query: LookupQuery,
  keys: number,
  range: FactRange,
  budget: number,
): Promise<{ from: number; until: number }[]> {
  const table = await readNumbers(reach.session, query.counts(range), 1, 1);
  const [codes] = table?.integers ?? [];
  const [counts] = table?.doubles ?? [];
  if (!codes || !counts) throw new PawlError("internal", "Facts could not be counted.");
  const passes: { from: number; until: number }[] = [];
  let from = 0;
  let inside = 0;
  for (let i = 0; i < codes.length; i++) {
    const count = counts[i] as number;
    if (inside > 0 && inside + count > budget) {
      const code = codes[i] as number;
      passes.push({ from, until: code });
      from = code;
      inside = 0;
    }
    inside += count;
  }
  passes.push({ from, until: keys });
  return passes;
}

/** The earliest and the latest moment, if there is any. */
function momentsOf(asOf: Float64Array): { first: number; last: number } | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < asOf.length; i++) {
    const at = asOf[i] as number;
    if (at < first) first = at;
    if (at > last) last = at;
  }
  return first <= last ? { first, last } : undefined;
}
