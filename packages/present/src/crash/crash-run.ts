import { parseArgs } from "node:util";
import { crashSuite } from "./crash-suite.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1e9) },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const say = (text: string): void => void process.stdout.write(`${text}\n`);
say(`killing ${kills} times, seed ${seed}`);
const started = performance.now();
const report = await crashSuite({
  kills,
  seed,
  onKill: (done) => {
    if (done % 50 === 0) say(`${done} kills, nothing lost`);
  },
});
say(JSON.stringify({ ...report, seconds: Math.round((performance.now() - started) / 1000) }));
