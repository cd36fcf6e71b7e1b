import { join } from "node:path";
import { once, queryToParquet, quoted } from "../harness/parquet-file.ts";
import { cacheFolder, repository } from "../harness/places.ts";

/** Three million flights in the United States, January to June 2001, in order of departure. */
const flights = join(repository, "node_modules", "vega-datasets", "data", "flights-3m.parquet");

export interface FlightSize {
  readonly spine: number;
  readonly facts: number;
}

/**
 * Writes the first `facts` flights as `facts.parquet` and every (facts / spine)-th of them as `spine.parquet`
 * once. A longer stretch of time, not a denser one: windows stay as full as they are.
 */
export async function writeFlights(folder: string, { spine, facts }: FlightSize): Promise<void> {
  const numbered = `SELECT *, row_number() OVER () - 1 AS n FROM (SELECT * FROM ${quoted(flights)} LIMIT ${facts})`;
  await once(join(folder, "facts.parquet"), (path) =>
    queryToParquet(
      `SELECT date AS departure, origin, destination, distance, delay FROM (${numbered}) ORDER BY n`,
      path,
    ),
  );
  await once(join(folder, "spine.parquet"), (path) => {
    const every = Math.floor(facts / spine);
    const chosen = `n % ${every} = 0 AND n // ${every} < ${spine}`;
    return queryToParquet(
      `SELECT n // ${every} AS row, date AS departure, origin, destination FROM (${numbered}) WHERE ${chosen} ORDER BY n`,
      path,
    );
  });
}

/** The folder of the flights in this size, made when missing. */
export async function flightFolder(size: FlightSize): Promise<string> {
  const folder = cacheFolder("windowed-aggregates-1", `${size.spine}-${size.facts}`);
  await writeFlights(folder, size);
  return folder;
}
