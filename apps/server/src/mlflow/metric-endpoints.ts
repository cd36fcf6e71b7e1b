import { PawlError } from "@pawl/core";
import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { paging } from "./experiment-endpoints.ts";
import { ofRun } from "./run-endpoints.ts";
import { mustFindRun } from "./run-wire.ts";
import {
  int64,
  listOf,
  metricOf,
  nextToken,
  optionalInt64,
  optionalText,
  requiredText,
} from "./wire-values.ts";

const mostHistory = 25_000;
const mostCurves = 100;
const mostPoints = 2_500;

export const metricEndpoints = [
  endpoint(
    "GET /metrics/get-history",
    { input: ofRun({ metric_key: requiredText, max_results: optionalInt64, page_token: optionalText }) },
    async ({ run_id: id, metric_key: key, max_results, ...asked }, desk) => {
      await mustFindRun(desk, id);
      const most = max_results === undefined ? undefined : Math.min(max_results, mostHistory);
      const { items, next } = await desk.ledger.runs.history(id, {
        key,
        ...paging({ ...asked, max_results: most }),
      });
      return { ...(items.length > 0 && { metrics: items.map(metricOf) }), ...nextToken(next) };
    },
  ),
  endpoint(
    "GET /metrics/get-history-bulk-interval",
    {
      input: z.object({
        run_ids: listOf(z.string()),
        metric_key: requiredText,
        start_step: optionalInt64,
        end_step: optionalInt64,
        max_results: int64.optional(),
      }),
    },
    async ({ run_ids, metric_key: key, start_step, end_step, max_results = mostPoints }, { ledger }) => {
      if (run_ids.length === 0 || run_ids.length > mostCurves) {
        throw new PawlError("invalid_input", "GetMetricHistoryBulkInterval request must specify run_ids.", {
          found: String(run_ids.length),
          expected: `1 to ${mostCurves}`,
        });
      }
      if (max_results < 1 || max_results > mostPoints) {
        throw new PawlError("invalid_input", "The parameter 'max_results' is out of range.", {
          found: String(max_results),
          expected: `1 to ${mostPoints}`,
        });
      }
      const points = await ledger.runs.curves({
        runIds: run_ids,
        key,
        points: Math.max(2, max_results),
        ...(start_step !== undefined && { fromStep: start_step }),
        // The wire's end is inclusive, the ledger's is not.
        ...(end_step !== undefined && { untilStep: end_step + 1 }),
      });
      return { metrics: points.map(({ runId, ...metric }) => ({ ...metricOf(metric), run_id: runId })) };
    },
  ),
];
