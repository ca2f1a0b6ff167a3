/** All that is fuzzed. */
import { configs } from "./configs.ts";
import { headers } from "./headers.ts";
import { requests } from "./requests.ts";
import type { Target } from "./target.ts";

/** Targets in the order in which they take their turns. */
export const targets: readonly Target[] = [headers, configs, requests];
