// HTML pages that servers send instead of a file.
import { FinalError } from "./reply.ts";

/** The server sent an HTML page instead of the file. */
export class PageError extends FinalError {
  /** Says what kind of server does so. */
  constructor() {
    super("the server sent an HTML page instead, as single-page servers do for every path without a file");
  }
}

/**
 * Looks at the first bytes of a file.
 *
 * @throws PageError for those of HTML; neither JSON nor safetensors begins like this
 *
 * ```ts
 * refusePage(new TextEncoder().encode('{"hidden_size": 8}'));
 * ```
 */
export function refusePage(bytes: Uint8Array): void {
  const text = new TextDecoder().decode(bytes.subarray(0, 256));
  if (/^\s*<(?:!doctype\s+html|html|head|body|!--)/i.test(text)) throw new PageError();
}
