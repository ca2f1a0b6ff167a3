// Flags of WebGPU, as §5.1, §5.3 and §8.1 of its specification number them; Node has no globals with their names.

/** GPUBufferUsage. */
export const BUFFER_USAGE = {
  MAP_READ: 0x1,
  MAP_WRITE: 0x2,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
} as const;

/** GPUShaderStage.COMPUTE. */
export const COMPUTE_STAGE = 0x4;

/** GPUMapMode.READ. */
export const READ_MODE = 0x1;
