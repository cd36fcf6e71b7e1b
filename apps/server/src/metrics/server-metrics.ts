import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Histogram, type Instrument, prometheusText, Reading } from "./instruments.ts";

const model = ["model", "version"] as const;

/** Everything the server measures of itself, under the names dashboards already know. */
export class ServerMetrics {
  /** OpenTelemetry's http.server.request.duration, as Prometheus writes it. */
  readonly requests = new Histogram("http_server_request_duration_seconds", "Time to answer a request.", [
    "http_request_method",
    "http_route",
    "http_response_status_code",
  ]);
  readonly predictions = new Histogram(
    "pawl_predict_duration_seconds",
    "Time a model takes for one request, features included.",
    ["model", "version"],
  );
  // Triton's names: existing dashboards of inference servers read them.
  readonly success = new Counter("nv_inference_request_success", "Predict requests answered.", model);
  readonly failure = new Counter(
    "nv_inference_request_failure",
    "Predict requests refused or failed.",
    model,
  );
  readonly rows = new Counter("nv_inference_count", "Rows predicted.", model);
  readonly executions = new Counter(
    "nv_inference_exec_count",
    "Times a model was run; a batch is one.",
    model,
  );
  readonly requestMicros = new Counter(
    "nv_inference_request_duration_us",
    "Microseconds spent on predict requests, features included.",
    model,
  );

  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  readonly #instruments: readonly Instrument[];

  constructor(options: {
    readonly ready: () => boolean;
    /** Seconds since 1970. */
    readonly startedAt: number;
    /** What else is on the page. */
    readonly more?: readonly Instrument[];
  }) {
    this.#delay.enable();
    const single = (value: number): readonly (readonly [Readonly<Record<string, string>>, number])[] => [
      [{}, value],
    ];
    this.#instruments = [
      ...(options.more ?? []),
      this.requests,
      this.predictions,
      this.success,
      this.failure,
      this.rows,
      this.executions,
      this.requestMicros,
      new Reading("gauge", "pawl_ready", "1 while the server takes predictions.", () =>
        single(options.ready() ? 1 : 0),
      ),
      new Reading("gauge", "process_start_time_seconds", "When the server started.", () =>
        single(options.startedAt),
      ),
      new Reading("gauge", "process_resident_memory_bytes", "Memory in use.", () =>
        single(process.memoryUsage.rss()),
      ),
      new Reading("counter", "process_cpu_seconds_total", "Processor time used since the start.", () => {
        const { user, system } = process.cpuUsage();
        return single((user + system) / 1e6);
      }),
      new Reading(
        "gauge",
        "nodejs_eventloop_delay_seconds",
        "How late the event loop runs since the last look.",
        () => {
          const quantiles = [0.5, 0.99].map(
            (q) => [{ quantile: String(q) }, this.#delay.percentile(q * 100) / 1e9] as const,
          );
          this.#delay.reset();
          return quantiles;
        },
      ),
    ];
  }

  /** The page Prometheus reads. */
  text(): string {
    return prometheusText(this.#instruments);
  }

  close(): void {
    this.#delay.disable();
  }
}
