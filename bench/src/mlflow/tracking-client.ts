import { Agent, request } from "node:http";
import { PawlError } from "@pawl/core";

/** MLflow's wire as a client sees it: connections that stay open, and as many requests at once as asked for. */
export class TrackingClient {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #connections: number;

  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#connections = connections;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  }

  post<Answer>(path: string, fields: object): Promise<Answer> {
    return this.#repeated<Answer>("POST", path, JSON.stringify(fields));
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.#repeated<Answer>("GET", path, "");
  }

  /** As MLflow's client does: a connection that breaks is no answer, and the request is sent again. */
  async #repeated<Answer>(method: string, path: string, body: string): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#send<Answer>(method, path, body);
      } catch (thrown) {
        const broken = thrown instanceof Error && "code" in thrown && thrown.code === "ECONNRESET";
        if (!broken || attempt === 5) throw thrown;
      }
    }
  }

  /** `count` tasks by number, as many at once as there are connections. */
  async each(count: number, task: (n: number) => Promise<unknown>): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) {
        const n = next;
        next += 1;
        await task(n);
      }
    };
    await Promise.all(Array.from({ length: this.#connections }, worker));
  }

  close(): void {
    this.#agent.destroy();
  }

  #send<Answer>(method: string, path: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers =
        method === "GET"
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const { hostname, port } = this.#url;
      const sent = request(
        { hostname, port, method, path: `/api/2.0/mlflow${path}`, agent: this.#agent, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            if (answer.statusCode === 200) resolve(JSON.parse(text) as Answer);
            else
              reject(
                new PawlError("unavailable", `${path} answered ${answer.statusCode}.`, {
                  found: text.slice(0, 300),
                }),
              );
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }
}
