/** Whole models on a GPU that binds less than their vocabulary's matrices: what the reference computes. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { WebGpuDevice } from "../../kernels/mod.ts";
import type { Device } from "../../src/device.ts";
import { generateIds } from "../../src/run/generate.ts";
import { decoderTrainer, encoderTrainer, someBatch, weightsOf } from "../support/training.ts";
import { serve } from "../support/engine.ts";
import { Engine } from "../../src/run/engine/engine.ts";
import { decoderOn, smallDecoder, smallEncoder, someIds } from "../support/models.ts";
import { decoderSamples, encoderSamples, type Sample } from "../support/random_models.ts";
import { worstOf } from "../support/whole_models.ts";
import { gpuTest } from "../support/gpu.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
