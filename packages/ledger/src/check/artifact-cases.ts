import type { ArtifactOwner } from "../artifacts.ts";
import type { Ledger } from "../ledger.ts";
import {
  type Case,
  deepEqual,
  equal,
  hashOf,
  onLedger,
  type OpenLedger,
  refused,
  refusedWithoutTrace,
  there,
} from "./case.ts";

async function someRun(ledger: Ledger): Promise<ArtifactOwner> {
  const { id: experimentId } = await ledger.experiments.create({ name: "files" });
  const { id } = await ledger.runs.start({ experimentId });
  return { kind: "run", id };
}

const hostile = [
  "../up",
  "a/../../b",
  "/etc/passwd",
  "a//b",
  "a/./b",
  "",
  "a/",
  "a\\b",
  "C:/windows",
  "nul\0",
  "%2e%2e/secret",
  "a%2Fb",
  "a%252e%252e/b",
];

export function artifactCases(open: OpenLedger): readonly Case[] {
  return [
    onLedger(open, "files are listed folder by folder", async (ledger) => {
      const owner = await someRun(ledger);
      const put = (path: string) =>
        ledger.artifacts.put(owner, { path, blob: hashOf(path), bytes: path.length });
      for (const path of ["model/weights.bin", "model/meta/MLmodel", "report.html", "model-notes.txt"])
        await put(path);
      const names = async (folder?: string): Promise<string[]> =>
        (await ledger.artifacts.list(owner, folder)).map(({ path, folder }) => (folder ? `${path}/` : path));
      deepEqual(await names(), ["model/", "model-notes.txt", "report.html"]);
      deepEqual(await names("model"), ["model/meta/", "model/weights.bin"]);
      deepEqual(await names("model/meta"), ["model/meta/MLmodel"]);
      deepEqual(await names("report.html"), []);
      deepEqual(await names("none"), []);
      equal((await ledger.artifacts.all(owner, "model")).length, 2);
      equal(there(await ledger.artifacts.get(owner, "report.html")).blob, hashOf("report.html"));
      equal(await ledger.artifacts.remove(owner, "model"), 2);
      deepEqual(await names(), ["model-notes.txt", "report.html"]);
    }),

    onLedger(open, "a path that leads elsewhere is refused", async (ledger) => {
      const owner = await someRun(ledger);
      for (const path of hostile) {
        const put = () => ledger.artifacts.put(owner, { path, blob: hashOf("x"), bytes: 1 });
        await refusedWithoutTrace(ledger, put, "invalid_input");
        await refused(ledger.artifacts.get(owner, path), "invalid_input");
        if (path !== "") await refused(ledger.artifacts.list(owner, path), "invalid_input");
      }
    }),

    onLedger(open, "a path is a file or a folder, and is written anew", async (ledger) => {
      const owner = await someRun(ledger);
      const put = (path: string, blob: string) =>
        ledger.artifacts.put(owner, { path, blob: hashOf(blob), bytes: 1 });
      await put("a/b", "one");
      await refusedWithoutTrace(ledger, () => put("a", "two"), "conflict");
      await refusedWithoutTrace(ledger, () => put("a/b/c", "two"), "conflict");
      await put("a/b", "two");
      equal(there(await ledger.artifacts.get(owner, "a/b")).blob, hashOf("two"));
      const unknown = { kind: "run", id: "0".repeat(32) } as const;
      await refused(ledger.artifacts.put(unknown, { path: "a", blob: hashOf("x"), bytes: 1 }), "not_found");
    }),

    onLedger(open, "blobs in use are those of artifacts, models and datasets", async (ledger) => {
      const owner = await someRun(ledger);
      await ledger.artifacts.put(owner, { path: "a", blob: hashOf("old"), bytes: 1 });
      await ledger.artifacts.put(owner, { path: "a", blob: hashOf("new"), bytes: 1 });
      await ledger.runs.remove(owner.id);
      await ledger.models.register({ name: "m", hash: hashOf("hash"), blob: hashOf("blob") });
      const file = { uri: "x", sha256: hashOf("file"), bytes: 1 };
      await ledger.datasets.freeze({
        name: "d",
        hash: hashOf("d"),
        schema: [],
        rows: 1,
        files: [file],
        spine: {},
      });
      deepEqual([...(await ledger.blobsInUse())].sort(), ["new", "hash", "blob", "file"].map(hashOf).sort());
    }),
  ];
}
