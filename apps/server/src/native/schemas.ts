import { z } from "@hono/zod-openapi";
import { errorCodes, formatInstant, instant, parseInstant, PawlError } from "@pawl/core";
import type { Page } from "@pawl/ledger";

/** A moment of the ledger (microseconds) as text. */
export const momentText = (micros: number): string => formatInstant(instant(micros));

/** The same under a name, when there is one. */
export function maybeMoment<N extends string>(name: N, micros: number | undefined): { [K in N]?: string } {
  return (micros === undefined ? {} : { [name]: momentText(micros) }) as { [K in N]?: string };
}

export const Moment = z.string().openapi({
  description: "A moment: ISO 8601; without an offset it is UTC.",
  example: "2001-05-01T08:30:00Z",
});

/** A moment in a query, as microseconds. */
export const MomentQuery = z
  .string()
  .transform((text, context) => {
    try {
      return parseInstant(text) as number;
    } catch (thrown) {
      context.addIssue(
        thrown instanceof PawlError ? `${thrown.message} Expected ${thrown.expected}.` : "not a moment",
      );
      return z.NEVER;
    }
  })
  .openapi({ type: "string", description: "A moment: ISO 8601; without an offset it is UTC." });

/** A whole number from 1 in a path or query. */
export const Ordinal = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .openapi({ description: "Items a page, 1000 at most." }),
  cursor: z.string().max(4096).optional().openapi({ description: "`next` of the page before." }),
};

/** A page of things in an answer. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item).readonly(),
    next: z.string().optional().openapi({ description: "The cursor of the next page; absent on the last." }),
  });
}

/** A page of the ledger with every item as the wire has it. */
export function shownPage<T, U>(page: Page<T>, show: (item: T) => U): { items: readonly U[]; next?: string } {
  return { items: page.items.map(show), ...(page.next !== undefined && { next: page.next }) };
}

/** Leaves out what was not asked: the ledger tells absent from undefined. */
export function given<T extends object>(query: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export const AnyJson = z.unknown().openapi({ description: "Any JSON." });
export const Tags = z.record(z.string(), z.string()).readonly();

export const ErrorDocument = z
  .object({
    error: z.object({
      code: z.enum(errorCodes),
      message: z.string().openapi({ description: "What is wrong, in one sentence." }),
      found: z.string().optional().openapi({ description: "What was found." }),
      expected: z.string().optional().openapi({ description: "What was expected instead." }),
      next: z.string().optional().openapi({ description: "What to do next." }),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .openapi("ErrorDocument");

/** An answer of a route: JSON of this schema. */
export function answer<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { "application/json": { schema } } };
}

/** The refusal every route may give. */
export const refusals = {
  default: { description: "A refusal.", content: { "application/json": { schema: ErrorDocument } } },
} as const;

/** Nothing of that name. */
export function missing(what: string, next: string): PawlError {
  return new PawlError("not_found", `There is no ${what}.`, { next });
}
