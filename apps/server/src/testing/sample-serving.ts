import { type JsonValue, parseInstant, PawlError } from "@pawl/core";
import type { Prediction, PredictRequest, ServedModel, Serving } from "@pawl/loop";

const late: ServedModel = {
  name: "is_late",
  version: 3,
  hash: "a".repeat(64),
  task: { kind: "binary" },
  spine: [
    { name: "departure", kind: "timestamp" },
    { name: "origin", kind: "string", entity: "airport" },
    { name: "distance", kind: "int" },
  ],
  asOf: "departure",
  inputs: [
    { name: "distance", kind: "int" },
    { name: "delay_mean", kind: "float" },
    { name: "carrier", kind: "string" },
    { name: "weekend", kind: "bool" },
    { name: "tail", kind: "bigint" },
  ],
};

const weather: ServedModel = {
  name: "weather",
  version: 1,
  hash: "b".repeat(64),
  task: { kind: "multiclass", classes: ["rain", "sun"] },
  spine: [{ name: "at", kind: "timestamp" }],
  asOf: "at",
  inputs: [
    { name: "pressure", kind: "float" },
    { name: "humidity", kind: "float" },
  ],
};

/**
 * Two small models computed by hand, so that tests know every answer: late when distance / 1000 plus
 * delay_mean / 10 exceeds one; sun in proportion to pressure, rain to humidity.
 */
export function sampleServing(
  options: { readonly delayMs?: number; readonly fault?: Error } = {},
): Serving & {
  setReady(ready: boolean): void;
  readonly asked: PredictRequest[];
} {
  let ready = true;
  const asked: PredictRequest[] = [];
  return {
    asked,
    setReady: (now) => {
      ready = now;
    },
    models: () => [late, weather],
    ready: () => ready,
    close: async () => {},
    async predict(request, signal) {
      asked.push(request);
      if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
      signal?.throwIfAborted();
      if (options.fault) throw options.fault;
      const model = [late, weather].find((each) => each.name === request.model);
      if (!model) throw new PawlError("not_found", `The model "${request.model}" is not served.`);
      return request.rows.map((row, i) => {
        const allowed = request.by === "keys" ? model.spine : model.inputs;
        for (const name of Object.keys(row)) {
          if (allowed.some((column) => column.name === name)) continue;
          throw new PawlError("invalid_input", `Row ${i} has an unknown column.`, {
            found: name,
            details: { row: i },
          });
        }
        const moment = request.asOf ?? String(row[model.asOf] ?? "2001-05-01");
        parseInstant(moment);
        return {
          id: `p${i}`,
          model: model.name,
          version: model.version,
          asOf: moment,
          ...answer(model, row, request),
        };
      });
    },
  };
}

const number = (value: JsonValue | undefined): number => (typeof value === "number" ? value : 0);

function answer(
  model: ServedModel,
  row: Readonly<Record<string, JsonValue>>,
  request: PredictRequest,
): Pick<Prediction, "value" | "probability" | "probabilities" | "features" | "explanation"> {
  if (model === weather) {
    const sun = number(row["pressure"]) / (number(row["pressure"]) + number(row["humidity"]));
    return {
      value: sun > 0.5 ? "sun" : "rain",
      probability: Math.max(sun, 1 - sun),
      probabilities: { rain: 1 - sun, sun },
    };
  }
  const margin = number(row["distance"]) / 1000 + number(row["delay_mean"]) / 10 - 1;
  const probability = 1 / (1 + Math.exp(-margin));
  return {
    value: probability > 0.5,
    probability,
    ...(request.features && { features: row }),
    ...(request.explain && {
      explanation: {
        base: -1,
        contributions: [
          { name: "distance", value: row["distance"] ?? null, contribution: number(row["distance"]) / 1000 },
        ],
      },
    }),
  };
}
