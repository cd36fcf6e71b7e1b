import { auc, formatInstant, instant, logLoss, parseInstant, type Value, type Work } from "pawl";
import { findSource, loadFacts, type Ports, readFacts, type Serving } from "@pawl/loop";
import type { Present } from "@pawl/present";
import { plot } from "./plot.ts";

const hour = 3_600_000_000;
/** One flight in so many is predicted during the replay; all of them are pushed. */
const predictEvery = 10;

export interface LiveWeek {
  readonly start: string;
  readonly predictions: number;
  readonly lateShare: number;
  readonly auc: number;
  readonly logLoss: number;
}

export interface LiveResult {
  readonly pushed: number;
  readonly predicted: number;
  readonly seconds: number;
  readonly pushSeconds: number;
  readonly predictSeconds: number;
  readonly weeks: readonly LiveWeek[];
}

interface Flight {
  readonly fact: Readonly<Record<string, Value>>;
  readonly departure: number;
  /** When the delay became known: on landing. */
  readonly landed: number;
}

/** Everything known before the live month goes into the present. */
export async function catchUp(ports: Ports, present: Present, work: Work): Promise<number> {
  const done = await loadFacts(ports, present, { source: "flights", until: plot.testUntil }, work);
  return done.added;
}

/**
 * The live month, hour by hour: flights that landed are pushed, flights that depart are predicted with what is
 * known at that moment. Outcomes come later and are used only to say how good the predictions were.
 */
export async function replay(
  ports: Ports,
  present: Present,
  serving: Serving,
  work: Work,
): Promise<LiveResult> {
  const flights = await liveFlights(ports, work);
  const landing = flights.toSorted((a, b) => a.landed - b.landed);
  const [start, end] = [parseInstant(plot.testUntil), parseInstant(plot.liveUntil)];
  const answered: { at: number; late: number; probability: number }[] = [];
  const began = performance.now();
  let [departed, landed, pushMs, predictMs] = [0, 0, 0, 0];
  for (let now = start; now < end; now = instant(now + hour)) {
    work.signal?.throwIfAborted();
    const until = now + hour;
    const news: Flight["fact"][] = [];
    for (let next = landing[landed]; next && next.landed < until; next = landing[++landed])
      news.push(next.fact);
    let clock = performance.now();
    if (news.length > 0) await present.push("flights", news);
    pushMs += performance.now() - clock;
    const asked: Flight[] = [];
    for (let next = flights[departed]; next && next.departure < until; next = flights[++departed]) {
      if (departed % predictEvery === 0) asked.push(next);
    }
    clock = performance.now();
    const predictions = await predictAll(serving, asked);
    predictMs += performance.now() - clock;
    for (const [i, flight] of asked.entries()) {
      const late = Number(flight.fact["delay"]) > 15 ? 1 : 0;
      answered.push({ at: flight.departure, late, probability: predictions[i] ?? 0 });
    }
    work.onProgress?.({ stage: "living through June", done: departed, total: flights.length });
  }
  return {
    pushed: landed,
    predicted: answered.length,
    seconds: (performance.now() - began) / 1000,
    pushSeconds: pushMs / 1000,
    predictSeconds: predictMs / 1000,
    weeks: weekly(answered, start),
  };
}

async function liveFlights(ports: Ports, work: Work): Promise<Flight[]> {
  const source = findSource(ports, "flights");
  const flights: Flight[] = [];
  for await (const fact of readFacts(ports, source, { from: plot.testUntil, until: plot.liveUntil }, work)) {
    const departure = Number(fact["departure"]);
    const minutes = Number(fact["distance"]) * 0.12 + 40 + Number(fact["delay"]);
    flights.push({ fact, departure, landed: departure + minutes * 60_000_000 });
  }
  return flights.sort((a, b) => a.departure - b.departure);
}

async function predictAll(serving: Serving, flights: readonly Flight[]): Promise<number[]> {
  if (flights.length === 0) return [];
  const rows = flights.map(({ fact, departure }) => ({
    departure: formatInstant(instant(departure)),
    origin: String(fact["origin"]),
    destination: String(fact["destination"]),
    distance: Number(fact["distance"]),
  }));
  const predictions = await serving.predict({ model: plot.model, rows, by: "keys" });
  return predictions.map((prediction) => prediction.probability ?? 0);
}

function weekly(
  answered: readonly { readonly at: number; readonly late: number; readonly probability: number }[],
  start: number,
): LiveWeek[] {
  const week = 7 * 24 * hour;
  const weeks = Math.ceil(((answered.at(-1)?.at ?? start) - start + 1) / week);
  return Array.from({ length: weeks }, (_, w) => {
    const from = start + w * week;
    const rows = answered.filter(({ at }) => at >= from && at < from + week);
    const labels = Float64Array.from(rows, ({ late }) => late);
    const probabilities = Float64Array.from(rows, ({ probability }) => probability);
    return {
      start: formatInstant(instant(from)).slice(0, 10),
      predictions: rows.length,
      lateShare: labels.reduce((sum, late) => sum + late, 0) / rows.length,
      auc: auc(labels, probabilities),
      logLoss: logLoss(labels, probabilities),
    };
  });
}
