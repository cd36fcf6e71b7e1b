import { PawlError, toPawlError } from "@pawl/core";
import type { FactInput, OnlineStore } from "@pawl/present";
import { parseLossless } from "./lossless-json.ts";

/** What became of a stream of facts. */
export interface StreamedFacts {
  readonly added: number;
  readonly corrected: number;
  readonly unchanged: number;
  readonly sequence: number;
  /** Microseconds; a reader from here on sees all of it that is known by then. */
  readonly asOf: number;
}

const factsPerPush = 1000;
const longestLine = 1_000_000;

/**
 * Takes in newline-delimited JSON, one fact a line, as it arrives: memory is bounded by one batch of 1,000, and
 * the sender is slowed to what the disk takes. Each batch is all or nothing; when a line is refused, the error's
 * details say how many facts before it are kept (`accepted`) and which line it was. With an `id` the same stream
 * can be sent again: batches already taken change nothing.
 */
export async function pushStream(
  present: OnlineStore,
  source: string,
  bytes: AsyncIterable<Uint8Array>,
  id?: string,
): Promise<StreamedFacts> {
  const sum = { added: 0, corrected: 0, unchanged: 0, sequence: 0, asOf: present.now() as number };
  let batch: FactInput[] = [];
  let [accepted, pushes] = [0, 0];
  const push = async (): Promise<void> => {
    const options = id === undefined ? {} : { id: `${id}/${pushes}` };
    const done = await present.push(source, batch, options);
    for (const field of ["added", "corrected", "unchanged"] as const) sum[field] += done[field];
    Object.assign(sum, { sequence: done.sequence, asOf: done.asOf });
    accepted += batch.length;
    pushes++;
    batch = [];
  };
  try {
    for await (const line of lines(bytes)) {
      if (line.trim() === "") continue;
      batch.push(factOf(line));
      if (batch.length >= factsPerPush) await push();
    }
    if (batch.length > 0) await push();
    return sum;
  } catch (thrown) {
    const error = toPawlError(thrown);
    const { code, message, found, expected, next, details } = error;
    throw new PawlError(code, message, {
      ...(found !== undefined && { found }),
      ...(expected !== undefined && { expected }),
      next: next ?? `Mend it and send the rest: the first ${accepted} facts are kept.`,
      details: { ...details, accepted, batchStartsAt: accepted, linesRead: accepted + batch.length },
      cause: error,
    });
  }
}

function factOf(line: string): FactInput {
  const fact = parseLossless(line);
  if (typeof fact === "object" && fact !== null && !Array.isArray(fact)) return fact as FactInput;
  throw new PawlError("invalid_input", "A line is not a fact.", {
    found: line.slice(0, 60),
    expected: "a JSON object, column → value",
  });
}

async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    const whole = rest.split("\n");
    rest = whole.pop() ?? "";
    yield* whole;
    if (rest.length > longestLine) {
      throw new PawlError("invalid_input", "A line is too long to be a fact.", {
        expected: `at most ${longestLine} characters, with a newline after each fact`,
      });
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
