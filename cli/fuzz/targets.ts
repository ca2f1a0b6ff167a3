/** All fuzz targets. */
import { configs } from "./configs.ts";
import { headers } from "./headers.ts";
import { requests } from "./requests.ts";
import type { Target } from "./target.ts";

/** Targets in the order of their runs. */
export const targets: readonly Target[] = [headers, configs, requests];
