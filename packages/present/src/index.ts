import { openPresent as open } from "./embedded-present.ts";
import type { Present, PresentOptions } from "./present.ts";

/** Opens (or makes) an online store in a directory. See `OnlineStore` for what it promises. */
export const openPresent = (options: PresentOptions): Promise<Present> => open(options);

export * from "./check-online-store.ts";
export * from "./present.ts";
export * from "./store/check-key-value-store.ts";
export type { KeyValueStore } from "./store/key-value-store.ts";
