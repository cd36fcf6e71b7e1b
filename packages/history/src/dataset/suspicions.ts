import { aucOf, correlationRatio, cramersV, meanOfOthers, midRanks, pearson } from "./association.ts";
import type { ColumnReport, DataReport, Suspicion } from "./data-report.ts";

/** A column of the sample as numbers; codes where it is text or an identifier. */
export interface SampledColumn {
  readonly name: string;
  readonly kind: string;
  readonly isCode: boolean;
  readonly values: Float64Array;
}

/** A column alone is suspected of knowing the answer beyond these. */
const tooGood = 0.95;
const missingTells = 0.3;
const timeLike = 0.95;
const pairRows = 20_000;

/** How a column goes with the label. */
export function withLabel(
  column: SampledColumn | undefined,
  label: SampledColumn | undefined,
): Pick<ColumnReport, "withLabel" | "auc"> {
  if (!column || !label) return { withLabel: null, auc: null };
  const [x, y] = [column.values, label.values];
  const said = (measure: "pearson" | "cramersV" | "correlationRatio", value: number | undefined) =>
    value === undefined ? null : { measure, value: Math.abs(value) };
  const isBinary = label.kind === "bool";
  if (column.isCode) {
    return {
      withLabel:
        isBinary || label.isCode
          ? said("cramersV", cramersV(x, y))
          : said("correlationRatio", correlationRatio(x, y)),
      auc: isBinary ? (aucOf(meanOfOthers(x, y), y) ?? null) : null,
    };
  }
  return {
    withLabel: label.isCode
      ? said("correlationRatio", correlationRatio(y, x))
      : said("pearson", pearson(x, y)),
    auc: isBinary ? (aucOf(x, y) ?? null) : null,
  };
}

/** What may be a leak or no feature at all, in words. */
export function suspicionsOf(
  reports: readonly ColumnReport[],
  sampled: readonly SampledColumn[],
  label: SampledColumn | undefined,
  times: Float64Array,
  rows: number,
): Suspicion[] {
  const byName = new Map(sampled.map((column) => [column.name, column]));
  return reports.flatMap((report) => {
    const column = byName.get(report.name);
    if (rows === 0) return [];
    if (report.missing === 1) {
      return [
        suspicion(report, "alwaysMissing", 1, "It is null in every row. Check its source, keys and times."),
      ];
    }
    const found: Suspicion[] = [];
    if (report.cardinality === 1 && report.missing === 0) {
      found.push(suspicion(report, "constant", 1, "It has one value only and tells nothing apart."));
    }
    const present = rows * (1 - report.missing);
    const canIdentify = column?.isCode === true || report.kind === "int";
    if (canIdentify && present >= 100 && report.cardinality > 0.9 * present) {
      const share = report.cardinality / present;
      found.push(
        suspicion(
          report,
          "identifier",
          share,
          "Nearly every row has a value of its own: an identifier is learned by heart and says nothing of new rows.",
        ),
      );
    }
    if (!column) return found;
    if (!column.isCode && times.length > 0) {
      const withTime = Math.abs(pearson(midRanks(column.values), midRanks(times)) ?? 0);
      if (withTime > timeLike) {
        found.push(
          suspicion(
            report,
            "followsTime",
            withTime,
            "It rises or falls with time, so later rows lie beyond all it was trained on. Use a difference or an age instead.",
          ),
        );
      }
    }
    if (label) found.push(...leaks(report, column, label));
    return found;
  });
}

function leaks(report: ColumnReport, column: SampledColumn, label: SampledColumn): Suspicion[] {
  const found: Suspicion[] = [];
  const alone = Math.max(report.auc ?? 0, report.withLabel?.value ?? 0);
  if (alone > tooGood) {
    found.push(
      suspicion(
        report,
        "predictsAlone",
        alone,
        "Alone it all but gives the label. Check that it is known before the outcome is: its knownTime, and whether the outcome is a part of it.",
      ),
    );
  }
  if (report.missing > 0.001 && report.missing < 0.999) {
    const missing = column.values.map((value) => (Number.isNaN(value) ? 1 : 0));
    const told = label.isCode
      ? cramersV(missing, label.values)
      : Math.abs(pearson(missing, label.values) ?? 0);
    if ((told ?? 0) > missingTells) {
      found.push(
        suspicion(
          report,
          "missingnessPredicts",
          told ?? 0,
          "Whether it is missing goes with the label. It may be filled in only after the outcome.",
        ),
      );
    }
  }
  return found;
}

const suspicion = (
  report: ColumnReport,
  kind: Suspicion["kind"],
  value: number,
  says: string,
): Suspicion => ({
  column: report.name,
  kind,
  value,
  says,
});

/** Pairs of numeric columns with |r| > 0.95, strongest first. */
export function correlatedPairs(sampled: readonly SampledColumn[]): DataReport["correlatedPairs"] {
  const numeric = sampled.filter(({ isCode, kind }) => !isCode && kind !== "timestamp");
  const pairs: { a: string; b: string; r: number }[] = [];
  for (const [i, a] of numeric.entries()) {
    for (const b of numeric.slice(i + 1)) {
      const r = pearson(thinned(a.values), thinned(b.values));
      if (r !== undefined && Math.abs(r) > 0.95) pairs.push({ a: a.name, b: b.name, r });
    }
  }
  return pairs.sort((p, q) => Math.abs(q.r) - Math.abs(p.r));
}

/** Every k-th value: enough to see that two columns are one, and quadratic work stays small. */
function thinned(values: Float64Array): Float64Array {
  const step = Math.ceil(values.length / pairRows);
  return step <= 1 ? values : values.filter((_, i) => i % step === 0);
}
