import {
  type ColumnKind,
  type Columns,
  type ErrorDocument,
  type FeatureGroup,
  type FeatureExprs,
  type GivenValue,
  type JsOf,
  type JsonValue,
  type Kind,
  type Model,
  PawlError,
  type Source,
  type View,
} from "@pawl/core";
import { decodeValue } from "./decode-value.ts";

/** The definitions a client knows: `typeof import("./pawl.ts")`. */
export type Definitions = Readonly<Record<string, unknown>>;

/** What may be given for a column: text, numbers, a Date for a moment, a bigint for an identifier. */
type Given<K extends Kind> = K extends "timestamp"
  ? string | Date | number
  : K extends "bigint"
    ? bigint | number | string
    : JsOf<K>;
type GivenRow<C extends Columns> = { readonly [N in keyof C]?: Given<ColumnKind<C[N]>> | null };

type ModelNames<D> = { [K in keyof D]: D[K] extends Model<infer N> ? N : never }[keyof D];
type ModelNamed<D, N> = {
  [K in keyof D]: D[K] extends Model<infer M> ? (M extends N ? D[K] : never) : never;
}[keyof D];
type SourceNames<D> = { [K in keyof D]: D[K] extends Source<infer N> ? N : never }[keyof D];
type SourceNamed<D, N> = {
  [K in keyof D]: D[K] extends Source<infer M> ? (M extends N ? D[K] : never) : never;
}[keyof D];
type ViewNames<D> =
  | ModelNames<D>
  | { [K in keyof D]: D[K] extends View<infer N> | FeatureGroup<infer N> ? N : never }[keyof D];

type RowOf<D, N> = [ModelNamed<D, N>] extends [never]
  ? Readonly<Record<string, GivenValue>>
  : ModelNamed<D, N> extends { view: View<string, infer C> }
    ? GivenRow<C>
    : never;
type ValuesOf<D, N> = [ModelNamed<D, N>] extends [never]
  ? GroupValues<D, N>
  : ModelNamed<D, N> extends { view: View<string, infer _C, infer V> }
    ? V
    : never;
type GroupValues<D, N> = {
  [K in keyof D]: D[K] extends FeatureGroup<infer G, infer F>
    ? G extends N
      ? GroupFeatures<G, F>
      : never
    : D[K] extends View<infer W, infer _C, infer V>
      ? W extends N
        ? V
        : never
      : never;
}[keyof D];
type GroupFeatures<G extends string, F extends FeatureExprs> = {
  readonly [X in keyof F & string as `${G}.${X}`]: JsOf<F[X]["kindType"]> | null;
};
type FactOf<D, N> = SourceNamed<D, N> extends { columns: infer C extends Columns } ? GivenRow<C> : never;

/** One row of features: values by name, how each came about, and the moment they are of. */
export interface Features<V> {
  readonly values: V;
  readonly statuses: Readonly<Record<string, string>>;
  readonly asOf: string;
}

export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly asOf: string;
  readonly value: boolean | string | number;
  readonly probability?: number;
  readonly probabilities?: Readonly<Record<string, number>>;
}

export interface Pushed {
  readonly added: number;
  readonly corrected: number;
  readonly unchanged: number;
  readonly asOf: string;
}

export interface ClientOptions {
  /** Such as http://127.0.0.1:7295 */
  readonly url: string;
  /** Where the server asks for one. */
  readonly token?: string;
  /** How often a push or read that was refused for load, or got no answer, is tried again. Default 3. */
  readonly retries?: number;
  readonly fetch?: typeof fetch;
}

/** A server's client, typed by a project's definitions: a name or value misused does not compile. */
export interface Client<D extends Definitions> {
  /** Asks a model about one row: keys and what its view reads of the row. */
  predict<N extends ModelNames<D> & string>(model: N, row: RowOf<D, N>): Promise<Answer>;
  predictAll<N extends ModelNames<D> & string>(
    model: N,
    rows: readonly RowOf<D, N>[],
  ): Promise<readonly Answer[]>;
  /** The features of one row, now or as they were known at a moment. */
  get<N extends ViewNames<D> & string>(
    view: N,
    row: RowOf<D, N>,
    options?: { readonly asOf?: string | Date },
  ): Promise<Features<ValuesOf<D, N>>>;
  /** Takes facts in; when it resolves they are on disk. Sent again after a lost answer, they count once. */
  push<N extends SourceNames<D> & string>(source: N, facts: readonly FactOf<D, N>[]): Promise<Pushed>;
}

/** Makes a client: `createClient<typeof import("./pawl.ts")>({ url })`. */
export function createClient<D extends Definitions>(options: ClientOptions): Client<D> {
  const ask = <T>(path: string, body: unknown): Promise<T> => post<T>(options, path, body);
  const predictAll = async (model: string, rows: readonly unknown[]): Promise<readonly Answer[]> => {
    const path = `/api/v1/models/${encodeURIComponent(model)}/predict`;
    const { predictions } = await ask<{ predictions: readonly Answer[] }>(path, { rows, by: "keys" });
    return predictions;
  };
  return {
    predictAll,
    async predict(model, row) {
      const [first] = await predictAll(model, [row]);
      if (first) return first;
      throw new PawlError("unavailable", "The server answered without a prediction.");
    },
    async get(view, row, { asOf } = {}) {
      const moment = asOf instanceof Date ? asOf.toISOString() : asOf;
      const path = `/api/v1/views/${encodeURIComponent(view)}/vectors`;
      const found = await ask<VectorsDocument>(path, {
        rows: [row],
        ...(moment !== undefined && { asOf: moment }),
      });
      return features(found) as Features<ValuesOf<D, typeof view>>;
    },
    async push(source, facts) {
      const path = `/api/v1/sources/${encodeURIComponent(source)}/facts`;
      return ask<Pushed>(path, { facts, id: crypto.randomUUID() });
    },
  };
}

interface VectorsDocument {
  readonly names: readonly string[];
  readonly kinds: readonly Kind[];
  readonly values: readonly (readonly JsonValue[])[];
  readonly statuses: readonly (readonly string[])[];
  readonly asOf: readonly string[];
}

function features({ names, kinds, values, statuses, asOf }: VectorsDocument): Features<unknown> {
  const [row = []] = values;
  const [status = []] = statuses;
  return {
    values: Object.fromEntries(
      names.map((name, i) => [name, decodeValue(kinds[i] ?? "float", row[i] ?? null)]),
    ),
    statuses: Object.fromEntries(names.map((name, i) => [name, status[i] ?? ""])),
    asOf: asOf[0] ?? "",
  };
}

/** JSON with bigints as decimal text, which the server reads without loss. */
const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

async function post<T>(options: ClientOptions, path: string, body: unknown): Promise<T> {
  const { url, token, retries = 3, fetch: send = fetch } = options;
  const headers = {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const request = { method: "POST", headers, body: JSON.stringify(body, plain) };
  for (let attempt = 0; ; attempt++) {
    let response: Response;
    try {
      response = await send(new URL(path, url), request);
    } catch (cause) {
      if (attempt < retries) {
        await pause(100 * 2 ** attempt);
        continue;
      }
      throw new PawlError("unavailable", "The server does not answer.", {
        found: url,
        next: "Start it: pawl serve",
        cause,
      });
    }
    if (response.ok) return (await response.json()) as T;
    if ((response.status === 429 || response.status === 503) && attempt < retries) {
      await pause(1000 * Number(response.headers.get("retry-after") ?? 0.1));
      continue;
    }
    throw await refusal(response);
  }
}

async function refusal(response: Response): Promise<PawlError> {
  const text = await response.text();
  try {
    return PawlError.fromJSON(JSON.parse(text) as ErrorDocument);
  } catch {
    return new PawlError("unavailable", `The server answered ${response.status}.`, {
      found: text.slice(0, 200),
    });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
