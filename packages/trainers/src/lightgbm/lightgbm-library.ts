import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PawlError } from "@pawl/core";

/** The variable that says where LightGBM is: its library, or a folder (virtual environment) with it. */
export const lightgbmVariable = "PAWL_LIGHTGBM_LIB";

const fileNames = ["lib_lightgbm.so", "lib_lightgbm.dylib", "lib_lightgbm.dll"];

/** The library's path, or why there is none. */
export type LibraryPath =
  | { readonly path: string; readonly why?: never }
  | { readonly path?: never; readonly why: string };

/** Looks for the library where the environment says. */
export function findLightgbm(given = process.env[lightgbmVariable]): LibraryPath {
  if (given === undefined || given === "") {
    return { why: `${lightgbmVariable} is not set to LightGBM's library or a folder that holds it` };
  }
  if (!existsSync(given)) return { why: `${lightgbmVariable} names ${given}, which does not exist` };
  if (statSync(given).isFile()) return { path: given };
  for (const folder of libraryFolders(given)) {
    for (const name of fileNames) {
      const path = join(folder, name);
      if (existsSync(path)) return { path };
    }
  }
  return { why: `no ${fileNames[0]} in ${given}` };
}

/** Where a folder may keep it: itself, the Python package, or a virtual environment's packages. */
function libraryFolders(root: string): string[] {
  const packages = [root, join(root, "Lib", "site-packages")];
  const lib = join(root, "lib");
  if (existsSync(lib)) {
    const pythons = readdirSync(lib).filter((name) => name.startsWith("python"));
    packages.push(...pythons.toSorted().map((name) => join(lib, name, "site-packages")));
  }
  return [root, lib, ...packages.map((folder) => join(folder, "lightgbm", "lib"))];
}

/** A C pointer, opaque to us. */
export type Handle = unknown;
type Out<T> = [T];

/** The functions of LightGBM's C API (c_api.h, version 4) we call; all but the first give 0 for success. */
export interface LightgbmFunctions {
  lastError(): string;
  datasetFromMat(
    data: Float32Array,
    type: number,
    rows: number,
    columns: number,
    rowMajor: number,
    parameters: string,
    reference: Handle,
    out: Out<Handle>,
  ): number;
  datasetSetField(
    dataset: Handle,
    name: string,
    data: Float32Array | Float64Array,
    count: number,
    type: number,
  ): number;
  datasetFree(dataset: Handle): number;
  boosterCreate(dataset: Handle, parameters: string, out: Out<Handle>): number;
  boosterAddValid(booster: Handle, dataset: Handle): number;
  boosterUpdate(booster: Handle, finished: Int32Array): number;
  boosterEval(booster: Handle, data: number, count: Int32Array, results: Float64Array): number;
  boosterPredict(
    booster: Handle,
    data: Float32Array,
    type: number,
    rows: number,
    columns: number,
    rowMajor: number,
    kind: number,
    start: number,
    iterations: number,
    parameters: string,
    outLength: BigInt64Array,
    results: Float64Array,
  ): number;
  boosterSave(
    booster: Handle,
    start: number,
    iterations: number,
    importance: number,
    length: number,
    outLength: BigInt64Array,
    text: Uint8Array | null,
  ): number;
  boosterFree(booster: Handle): number;
}

interface Koffi {
  load(path: string): { func(prototype: string): (...args: never[]) => unknown };
}

/** koffi, or undefined where the optional dependency is not installed. */
export function loadKoffi(): Koffi | undefined {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch {
    return undefined;
  }
}

/** Loads the library. Throws `unavailable`. */
export function loadLightgbm(path: string): LightgbmFunctions {
  const koffi = loadKoffi();
  if (koffi === undefined) throw new PawlError("unavailable", "The package koffi is not installed.");
  try {
    const library = koffi.load(path);
    const func = <F>(prototype: string): F => library.func(prototype) as F;
    return {
      lastError: func("const char *LGBM_GetLastError()"),
      datasetFromMat: func(
        "int LGBM_DatasetCreateFromMat(const void *data, int type, int32_t rows, int32_t columns, int rowMajor, const char *parameters, void *reference, _Out_ void **out)",
      ),
      datasetSetField: func(
        "int LGBM_DatasetSetField(void *dataset, const char *name, const void *data, int count, int type)",
      ),
      datasetFree: func("int LGBM_DatasetFree(void *dataset)"),
      boosterCreate: func("int LGBM_BoosterCreate(void *dataset, const char *parameters, _Out_ void **out)"),
      boosterAddValid: func("int LGBM_BoosterAddValidData(void *booster, void *dataset)"),
      boosterUpdate: func("int LGBM_BoosterUpdateOneIter(void *booster, int *finished)"),
      boosterEval: func("int LGBM_BoosterGetEval(void *booster, int data, int *count, double *results)"),
      boosterPredict: func(
        "int LGBM_BoosterPredictForMat(void *booster, const void *data, int type, int32_t rows, int32_t columns, int rowMajor, int kind, int start, int iterations, const char *parameters, int64_t *outLength, double *results)",
      ),
      boosterSave: func(
        "int LGBM_BoosterSaveModelToString(void *booster, int start, int iterations, int importance, int64_t length, int64_t *outLength, char *text)",
      ),
      boosterFree: func("int LGBM_BoosterFree(void *booster)"),
    };
  } catch (cause) {
    throw new PawlError("unavailable", "LightGBM's library cannot be loaded.", {
      found: `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      expected: "LightGBM 4 for this machine",
      next: `Install it anew, or point ${lightgbmVariable} elsewhere.`,
      cause,
    });
  }
}
