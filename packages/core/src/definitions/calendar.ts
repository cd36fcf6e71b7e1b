import { checkZone } from "../time/zone.ts";
import { call, literal, NumberExpr, TimeExpr } from "./expression.ts";
import type { ExprNode } from "./expression-node.ts";

/** What a calendar can say of a moment; ISO 8601 weeks, Monday is 1. */
export const calendarParts = [
  "minuteOfHour",
  "hourOfDay",
  "minuteOfDay",
  "dayOfWeek",
  "hourOfWeek",
  "dayOfMonth",
  "dayOfYear",
  "weekOfYear",
  "month",
  "quarter",
  "year",
  "isWeekend",
] as const;
export type CalendarPart = (typeof calendarParts)[number];

/** How many values a part goes through before it starts again; what `cyclic` turns into a circle. */
const cycle: Partial<Record<CalendarPart, number>> = {
  minuteOfHour: 60,
  hourOfDay: 24,
  minuteOfDay: 1440,
  dayOfWeek: 7,
  hourOfWeek: 168,
  dayOfMonth: 31,
  dayOfYear: 366,
  weekOfYear: 53,
  month: 12,
  quarter: 4,
};

export interface CalendarOptions {
  /** IANA name such as "America/Chicago"; anything else is an `invalid_definition`. Default "UTC". */
  readonly zone?: string;
}

/** A calendar encoding of a spine column, as a view lists it. */
export interface CalendarUse<C extends string = string> {
  readonly use: "calendar";
  readonly column: C;
  readonly outputs: readonly { readonly name: string; readonly node: ExprNode }[];
}

type CalendarEncoding = {
  /** Of a spine column: one more column of the view, named `<column>_<part>`. */
  <const C extends string>(column: C, options?: CalendarOptions): CalendarUse<C>;
  /** Of any moment: a whole number (isWeekend: 0 or 1). */
  (moment: TimeExpr, options?: CalendarOptions): NumberExpr;
};

function encoding(part: CalendarPart): CalendarEncoding {
  function encode(moment: TimeExpr, options?: CalendarOptions): NumberExpr;
  function encode<const C extends string>(column: C, options?: CalendarOptions): CalendarUse<C>;
  function encode(moment: string | TimeExpr, options: CalendarOptions = {}): CalendarUse | NumberExpr {
    if (moment instanceof TimeExpr) return new NumberExpr(partNode(part, moment.node, options));
    const column: ExprNode = { op: "column", kind: "timestamp", name: moment };
    const name = `${moment}_${snake(part)}`;
    return { use: "calendar", column: moment, outputs: [{ name, node: partNode(part, column, options) }] };
  }
  return encode as CalendarEncoding;
}

export const minuteOfHour = encoding("minuteOfHour");
export const hourOfDay = encoding("hourOfDay");
export const minuteOfDay = encoding("minuteOfDay");
export const dayOfWeek = encoding("dayOfWeek");
export const hourOfWeek = encoding("hourOfWeek");
export const dayOfMonth = encoding("dayOfMonth");
export const dayOfYear = encoding("dayOfYear");
export const weekOfYear = encoding("weekOfYear");
export const month = encoding("month");
export const quarter = encoding("quarter");
export const year = encoding("year");
export const isWeekend = encoding("isWeekend");

/** A part as a point on a circle (two columns, `_sin` and `_cos`), so that 23 h lies beside 0 h. */
export function cyclic<C extends string>(item: CalendarUse<C>): CalendarUse<C> {
  const outputs = item.outputs.flatMap(({ name, node }) => {
    const part = node.op === "call" && node.args[0]?.op === "literal" ? node.args[0].value : undefined;
    const turns = cycle[part as CalendarPart];
    if (turns === undefined) return [{ name, node }];
    const angle = new NumberExpr(node).times(2 * Math.PI).dividedBy(turns);
    return [
      { name: `${name}_sin`, node: angle.sin().node },
      { name: `${name}_cos`, node: angle.cos().node },
    ];
  });
  return { ...item, outputs };
}

function partNode(part: CalendarPart, moment: ExprNode, { zone = "UTC" }: CalendarOptions): ExprNode {
  checkZone(zone);
  return call("calendar", "int", literal("string", part), moment, literal("string", zone));
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
