/** Structured log: one JSON object a line, with the time. */

/** Fields of a line. */
export type LogRecord = Readonly<Record<string, string | number | undefined>>;

/** Writes a record. */
export type Log = (record: LogRecord) => void;

/** A log that writes records as lines of JSON; `time` is the UTC time in ISO 8601. */
export function jsonLog(write: (line: string) => void): Log {
  return (record) => write(JSON.stringify({ time: new Date().toISOString(), ...record }));
}
