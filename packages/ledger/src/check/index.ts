export { type Case, type OpenLedger, scriptedSurroundings } from "./case.ts";
export { checkBlobStore, type OpenBlobStore } from "./check-blob-store.ts";
export { checkLedger } from "./check-ledger.ts";
