import type { Metric, Tags } from "@pawl/ledger";
import { z } from "zod";

/** Text that must be there. */
export const requiredText = z.string().min(1, "must not be empty");

/** proto3 sends an unset text as nothing or as "": both are nothing. */
export const optionalText = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === "" ? undefined : value));

/** A whole number, as JSON number or, as protobuf and query strings write it, as text. */
const whole = z
  .union([z.number(), z.string().regex(/^-?\d{1,16}$/)], "must be a whole number")
  .transform(Number);
export const int64 = whole.pipe(z.int("must be a whole number that a double carries exactly"));
export const optionalInt64 = z
  .union([z.literal("").transform(() => undefined), int64])
  .nullish()
  .transform((value) => value ?? undefined);

/** Milliseconds since the epoch, as the ledger's microseconds. */
const exact = 9_000_000_000_000;
export const moment = int64
  .refine((millis) => Math.abs(millis) <= exact, `must be milliseconds, at most ${exact}`)
  .transform((millis) => millis * 1000);
export const optionalMoment = moment.nullish().transform((value) => value ?? undefined);

const specials: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };

/** A double; JSON has no NaN and no infinity, so these are words. */
export const double = z.union([z.number(), z.string()], "must be a number").transform((value, context) => {
  if (typeof value === "number") return value;
  const number = Object.hasOwn(specials, value) ? specials[value] : Number(value.trim() === "" ? "x" : value);
  if (number !== undefined && (!Number.isNaN(number) || value === "NaN")) return number;
  context.addIssue({ code: "custom", message: 'must be a number, "NaN", "Infinity" or "-Infinity"' });
  return z.NEVER;
});

/** true, or as a query string writes it. */
export const flag = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")])
  .nullish()
  .transform((value) => value ?? false);

/** A list; one value in a query string is a list of one; nothing is an empty one. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => {
    if (value === undefined || value === null) return [];
    return typeof value === "string" ? [value] : value;
  }, z.array(item));
}

const nameValue = z.object({
  key: requiredText,
  value: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
});

/** [{key, value}] as a record; the last of two with one key counts. */
export const tagList = listOf(nameValue).transform(
  (tags): Tags => Object.fromEntries(tags.map(({ key, value }) => [key, value])),
);

/** The same, where a key given twice is a mistake. */
export const paramList = listOf(nameValue).transform((params, context): Tags => {
  const twice = params.find(({ key }, index) => params.findIndex((other) => other.key === key) < index);
  if (twice === undefined) return Object.fromEntries(params.map(({ key, value }) => [key, value]));
  context.addIssue({ code: "custom", message: `must name each key once; ${twice.key} comes twice` });
  return z.NEVER;
});

/** A record as the wire's list. */
export function listed(words: Readonly<Record<string, string>>): readonly { key: string; value: string }[] {
  return Object.entries(words).map(([key, value]) => ({ key, value }));
}

/** Whole milliseconds of a moment of the ledger. */
export const millisOf = (micros: number): number => Math.floor(micros / 1000);

/** A double as JSON can carry it. */
export const doubleOf = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

export function metricOf(metric: Metric) {
  return {
    key: metric.key,
    value: doubleOf(metric.value),
    timestamp: millisOf(metric.at),
    step: metric.step,
    ...(metric.modelId !== undefined && { model_id: metric.modelId }),
    ...(metric.datasetName !== undefined && { dataset_name: metric.datasetName }),
    ...(metric.datasetDigest !== undefined && { dataset_digest: metric.datasetDigest }),
  };
}

/** Members that are undefined are left out, as absent fields are in protobuf. */
export const nextToken = (next: string | undefined) => (next === undefined ? {} : { next_page_token: next });
