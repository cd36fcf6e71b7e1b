/** Labels in the order an instrument declares them. */
type Labels<N extends string> = Readonly<Record<N, string>>;

/** One kind of measurement, with all its label values. */
export interface Instrument {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Its lines in the Prometheus text format, without HELP and TYPE. */
  lines(): string[];
}

/** Upper bounds in seconds from 50 µs to 10 s: fine where a prediction lies, coarse where a training does. */
export const latencyBuckets: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** What only grows. */
export class Counter<N extends string = string> implements Instrument {
  readonly type = "counter";
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly N[];
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string, labels: readonly N[] = []) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
  }

  add(labels: Labels<N>, amount = 1): void {
    const key = labelText(this.#labels, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  lines(): string[] {
    return [...this.#values].map(([labels, value]) => `${this.name}${braced(labels)} ${value}`);
  }
}

/** What is read at the moment of asking. */
export class Reading implements Instrument {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly #read: () => readonly (readonly [Readonly<Record<string, string>>, number])[];

  constructor(
    type: "gauge" | "counter",
    name: string,
    help: string,
    read: () => readonly (readonly [Readonly<Record<string, string>>, number])[],
  ) {
    this.type = type;
    this.name = name;
    this.help = help;
    this.#read = read;
  }

  lines(): string[] {
    return this.#read().map(
      ([labels, value]) => `${this.name}${braced(labelText(Object.keys(labels), labels))} ${value}`,
    );
  }
}

interface Distribution {
  readonly counts: Float64Array;
  sum: number;
}

/** How measurements are spread over buckets. */
export class Histogram<N extends string = string> implements Instrument {
  readonly type = "histogram";
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly N[];
  readonly #bounds: readonly number[];
  readonly #values = new Map<string, Distribution>();

  constructor(name: string, help: string, labels: readonly N[], bounds: readonly number[] = latencyBuckets) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
    this.#bounds = bounds;
  }

  observe(labels: Labels<N>, value: number): void {
    const key = labelText(this.#labels, labels);
    let found = this.#values.get(key);
    if (!found) {
      found = { counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
      this.#values.set(key, found);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket++;
    found.counts[bucket] = (found.counts[bucket] ?? 0) + 1;
    found.sum += value;
  }

  lines(): string[] {
    return [...this.#values].flatMap(([labels, { counts, sum }]) => {
      const own = labels === "" ? "" : `${labels},`;
      let total = 0;
      const buckets = [...counts].map((count, i) => {
        total += count;
        return `${this.name}_bucket{${own}le="${this.#bounds[i] ?? "+Inf"}"} ${total}`;
      });
      return [
        ...buckets,
        `${this.name}_sum${braced(labels)} ${sum}`,
        `${this.name}_count${braced(labels)} ${total}`,
      ];
    });
  }
}

/** All of it as Prometheus reads it (text format 0.0.4). */
export function prometheusText(instruments: readonly Instrument[]): string {
  return instruments
    .map((instrument) => {
      const { name, type } = instrument;
      const help = instrument.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...instrument.lines()].join("\n");
    })
    .join("\n")
    .concat("\n");
}

function labelText<N extends string>(names: readonly N[], labels: Labels<N>): string {
  let text = "";
  for (const name of names) text += `${text === "" ? "" : ","}${name}="${escaped(labels[name])}"`;
  return text;
}

const escaped = (value: string): string =>
  /[\\"\n]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
    : value;

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);
