import {
  formatInstant,
  type GivenValue,
  instant,
  isListKind,
  type JsonValue,
  parseInstant,
  PawlError,
  readValue,
  type ScalarKind,
  type Value,
  writeValue,
} from "@pawl/core";
import type { AskedRow, FeatureLookup } from "./feature-lookup.ts";
import type { Ports } from "./ports.ts";
import { cell, loadServed, type ServedVersion } from "./served-version.ts";
import type { Prediction, PredictRequest, Serving } from "./serving.ts";

/** Most rows one request may ask for. */
const mostRows = 10_000;

/** Loads every model that has a trained version and answers predictions with it. */
export async function serve(ports: Ports, lookup: FeatureLookup): Promise<Serving> {
  const versions = new Map<string, ServedVersion>();
  for (const definition of ports.catalog.models.values()) {
    const loaded = await loadServed(ports, definition);
    if (loaded) versions.set(definition.name, loaded);
  }
  let open = true;

  return {
    models: () => [...versions.values()].map((version) => version.served),
    ready: () => open,
    close: async () => {
      open = false;
    },
    async predict(request, signal) {
      const version = versions.get(request.model);
      if (!version) throw unknownModel(request.model, [...versions.keys()]);
      if (request.rows.length > mostRows) {
        throw new PawlError("invalid_input", "One request asks for too many rows.", {
          found: `${request.rows.length} rows`,
          expected: `at most ${mostRows}`,
          next: "Send several requests, or fill a table: pawl predict --file.",
        });
      }
      const now = ports.clock();
      const asked =
        request.by === "keys"
          ? request.rows.map((row, i) => askedRow(version, request, row, i, now))
          : request.rows.map(
              (): AskedRow => ({
                columns: {},
                asOf: request.asOf === undefined ? now : parseInstant(request.asOf),
              }),
            );
      const values =
        request.by === "keys"
          ? await lookUp({ versions, lookup }, version, asked, signal)
          : request.rows.map((row, i) => givenValues(version, row, i));
      return values.map((row, i) => answer(ports, version, request, row, asked[i]?.asOf ?? now));
    },
  };
}

interface Answering {
  readonly versions: ReadonlyMap<string, ServedVersion>;
  readonly lookup: FeatureLookup;
}

/** The view's values for rows of keys; models that are inputs answer first, with the versions now served. */
async function lookUp(
  answering: Answering,
  version: ServedVersion,
  rows: readonly AskedRow[],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly Value[])[]> {
  const { versions, lookup } = answering;
  let filled = rows;
  for (const { slot, model } of version.plan.models) {
    const inner = versions.get(model);
    if (!inner) throw unknownModel(model, [...versions.keys()]);
    const values = await lookUp(answering, inner, rows, signal);
    filled = filled.map((row, i) => {
      const prediction = scored(inner, values[i] ?? []).out[0] ?? null;
      return { ...row, columns: { ...row.columns, [slot]: prediction } };
    });
  }
  return lookup.look(version.definition, version.plan, filled, signal);
}

/** A row of view values as the model sees it, and its answer. */
function scored(
  { served, trained }: ServedVersion,
  values: readonly Value[],
): { row: Float64Array; out: Float64Array } {
  const record = Object.fromEntries(served.inputs.map(({ name }, i) => [name, cell(values[i] ?? null)]));
  const row = trained.encodeRow(record);
  const out = new Float64Array(trained.outputs);
  trained.scoreRow(row, out);
  return { row, out };
}

function unknownModel(name: string, served: readonly string[]): PawlError {
  return new PawlError("not_found", `No model "${name}" is being served.`, {
    found: name,
    expected: served.length === 0 ? "a model; none is trained yet" : `one of ${served.join(", ")}`,
    next: `Train it: pawl dataset ${name} && pawl train ${name}`,
  });
}

/** A row of spine columns as given: by column name, or by entity name where only one column holds that entity. */
function askedRow(
  version: ServedVersion,
  request: PredictRequest,
  row: Readonly<Record<string, JsonValue>>,
  index: number,
  now: number,
): AskedRow {
  const { spine, asOf } = version.served;
  const columns: Record<string, Value> = {};
  for (const [name, given] of Object.entries(row)) {
    // What the spine has and the model does not read may be sent along, and is not looked at.
    const column =
      spine.find((c) => c.name === name) ?? unread(version, name) ?? byEntity(version, name, index);
    if (column === "unread") continue;
    columns[column.name] = readValue(
      column.kind as ScalarKind,
      given as GivenValue,
      `"${name}" of row ${index}`,
    );
  }
  const own = columns[asOf];
  const moment =
    typeof own === "number" ? own : request.asOf === undefined ? now : parseInstant(request.asOf);
  return { columns: { ...columns, [asOf]: moment }, asOf: moment };
}

function unread({ definition }: ServedVersion, name: string): "unread" | undefined {
  return Object.hasOwn(definition.view.spine, name) ? "unread" : undefined;
}

function byEntity(version: ServedVersion, name: string, index: number): { name: string; kind: string } {
  const { spine } = version.served;
  const read = new Set(version.plan.lookups.flatMap((lookup) => lookup.columns));
  const fits = spine.filter((c) => c.entity === name && read.has(c.name));
  if (fits.length === 1 && fits[0]) return fits[0];
  throw new PawlError("invalid_input", `Row ${index} has a column that the model does not know.`, {
    found:
      fits.length > 1 ? `"${name}", which could be ${fits.map((c) => c.name).join(" or ")}` : `"${name}"`,
    expected: `columns among ${spine.map((c) => c.name).join(", ")}`,
    details: { row: index },
  });
}

/** A row of view columns as given; what is left out is not known. */
function givenValues(
  version: ServedVersion,
  row: Readonly<Record<string, JsonValue>>,
  index: number,
): readonly Value[] {
  const { inputs } = version.served;
  for (const name of Object.keys(row)) {
    if (inputs.some((input) => input.name === name)) continue;
    throw new PawlError("invalid_input", `Row ${index} has an input that the model does not know.`, {
      found: name,
      expected: `inputs among ${inputs.map((input) => input.name).join(", ")}`,
      details: { row: index },
    });
  }
  return inputs.map(({ name, kind }) => {
    if (isListKind(kind)) return null;
    return readValue(kind, row[name] as GivenValue, `"${name}" of row ${index}`);
  });
}

function answer(
  ports: Ports,
  version: ServedVersion,
  request: PredictRequest,
  values: readonly Value[],
  asOf: number,
): Prediction {
  const { served } = version;
  const { row, out } = scored(version, values);
  return {
    id: predictionId(ports),
    model: served.name,
    version: served.version,
    asOf: formatInstant(instant(asOf)),
    ...decide(version, out),
    ...(request.features && {
      features: Object.fromEntries(
        served.inputs.map(({ name, kind }, i) => [name, writeValue(kind, values[i] ?? null)]),
      ),
    }),
    ...(request.explain && { explanation: explained(version, row, values) }),
  };
}

function decide(
  { served: { task }, threshold }: ServedVersion,
  out: Float64Array,
): Pick<Prediction, "value" | "probability" | "probabilities"> {
  if (task.kind === "binary") {
    const probability = out[0] ?? 0;
    return { value: probability >= threshold, probability };
  }
  if (task.kind !== "multiclass") return { value: out[0] ?? 0 };
  const best = greatestAt(out);
  return {
    value: task.classes[best] ?? "",
    probability: out[best] ?? 0,
    probabilities: Object.fromEntries(task.classes.map((name, i) => [name, out[i] ?? 0])),
  };
}

function greatestAt(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

function explained(
  { served, trained }: ServedVersion,
  row: Float64Array,
  values: readonly Value[],
): NonNullable<Prediction["explanation"]> {
  const { bias, contributions, margin } = trained.explain(row);
  const outputs = bias.length;
  const best = greatestAt(margin);
  const listed = trained.columns.map((column, c) => {
    const position = served.inputs.findIndex((input) => input.name === column.name);
    const kind = served.inputs[position]?.kind ?? "float";
    return {
      name: column.name,
      value: writeValue(kind, values[position] ?? null),
      contribution: contributions[c * outputs + best] ?? 0,
    };
  });
  return {
    base: bias[best] ?? 0,
    contributions: listed.toSorted((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution)),
  };
}

/** 24 hex digits of chance. */
function predictionId(ports: Ports): string {
  return Array.from(ports.random(12), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
