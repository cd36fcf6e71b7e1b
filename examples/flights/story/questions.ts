/** Flights of the last hours of May, asked about over HTTP as any client would. */
export const questions = [
  { departure: "2001-05-31T17:35:00Z", origin: "ORD", destination: "LGA", distance: 733 },
  { departure: "2001-05-31T18:10:00Z", origin: "DFW", destination: "ATL", distance: 732 },
  { departure: "2001-05-31T19:00:00Z", origin: "SEA", destination: "ANC", distance: 1449 },
] as const;

export interface Answered {
  readonly question: (typeof questions)[number];
  readonly probability: number;
  readonly because: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly contribution: number;
  }[];
  readonly milliseconds: number;
}

/** Asks the running server: three flights, with the reasons. */
export async function ask(url: string, model: string): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  for (const question of questions) {
    const began = performance.now();
    const response = await fetch(`${url}/api/v1/models/${model}/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rows: [question], by: "keys", explain: true }),
    });
    const milliseconds = performance.now() - began;
    if (!response.ok) throw new Error(`The server answered ${response.status}: ${await response.text()}`);
    const { predictions } = (await response.json()) as {
      predictions: readonly {
        probability: number;
        explanation: { contributions: Answered["because"] };
      }[];
    };
    const [first] = predictions;
    if (!first) throw new Error("The server answered without a prediction.");
    const because = first.explanation.contributions.slice(0, 2);
    answered.push({ question, probability: first.probability, because, milliseconds });
  }
  return answered;
}
