/**
 * One wide line per step, for a person in a terminal or for a machine. Everything passes through `redact.ts`: no secret,
 * code, address, number or name of a person is written, wherever a caller left it.
 */
import type { Writable } from "node:stream";
import winston from "winston";
import { redactText, redactValue } from "./redact.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** A step was done: `step("accepted", { connection, events, ms })`. */
  step(step: string, fields?: LogFields): void;
  debug(step: string, fields?: LogFields): void;
  /** Something that an operator should look at. An error goes under `error`. */
  warn(step: string, fields?: LogFields): void;
  error(step: string, fields?: LogFields): void;
  /** A warning that could come in floods: one line per `key` in 10 s, the next one saying under `more` how many were left out. */
  seldom(key: string, step: string, fields?: LogFields): void;
  /** The same log, with these fields on every line. */
  with(fields: LogFields): Log;
}

export interface LogOptions {
  level: LogLevel;
  /** `text` reads well in a terminal; `json` is one object per line. */
  format: "text" | "json";
  /** Secret values to be struck out wherever they appear; those under 8 characters are left alone. */
  secrets?: readonly string[];
  /** Default: standard output. */
  stream?: Writable;
  now?: () => Date;
}

const SELDOM_MS = 10_000;
const MOST_KEYS = 1_000;

export const createLog = (options: LogOptions): Log => {
  const now = options.now ?? (() => new Date());
  const secrets = (options.secrets ?? []).filter((secret) => secret.length >= 8);
  const redacting = winston.format((info) => {
    for (const key of Object.keys(info)) {
      if (key === "level") continue;
      info[key] = key === "message" ? redactText(String(info.message), secrets) : redactValue(key, info[key], secrets);
    }
    return info;
  });
  const line = winston.format.printf((info) => (options.format === "json" ? asJson(now(), info) : asText(now(), info)));
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(redacting(), line),
    transports: [new winston.transports.Stream({ stream: options.stream ?? process.stdout })],
    exitOnError: false,
  });

  const lastSaid = new Map<string, { at: number; more: number }>();
  const write = (level: LogLevel, message: string, fields: LogFields) =>
    void logger.log({ ...fields, ...errorFields(fields.error), level, message });

  const over = (common: LogFields): Log => ({
    step: (step, fields) => write("info", step, { ...common, ...fields }),
    debug: (step, fields) => write("debug", step, { ...common, ...fields }),
    warn: (step, fields) => write("warn", step, { ...common, ...fields }),
    error: (step, fields) => write("error", step, { ...common, ...fields }),
    seldom(key, step, fields) {
      const at = now().getTime();
      const last = lastSaid.get(key);
      if (last && at - last.at < SELDOM_MS) {
        last.more += 1;
        return;
      }
      if (lastSaid.size >= MOST_KEYS) lastSaid.clear();
      lastSaid.set(key, { at, more: 0 });
      write("warn", step, { ...common, ...fields, ...(last?.more ? { more: last.more } : {}) });
    },
    with: (fields) => over({ ...common, ...fields }),
  });
  return over({});
};

/** Of an error its words, its code and where it came from; not its other fields, which may quote a row (PostgreSQL's `detail`). */
const errorFields = (error: unknown): LogFields => {
  if (!(error instanceof Error)) return {};
  const code = "code" in error && typeof error.code === "string" ? { errorCode: error.code } : {};
  // a message of many lines would be repeated by the stack, and may hold lines that look like one
  const message = error.stack?.indexOf(error.message) ?? -1;
  const from = message < 0 ? 0 : message + error.message.length;
  const frames = error.stack?.slice(error.stack.indexOf("\n    at ", from));
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
  return { error: error.message, ...code, ...cause, ...(error.stack?.includes("\n    at ") ? { stack: frames } : {}) };
};

const asJson = (at: Date, { level, message, ...fields }: winston.Logform.TransformableInfo) =>
  visible(JSON.stringify({ at: at.toISOString(), level, step: message, ...fields }));

const asText = (at: Date, { level, message, ...fields }: winston.Logform.TransformableInfo) => {
  const { stack, ...rest } = fields;
  const words = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${shown(value)}`);
  const mark = level === "info" ? "" : `${level.toUpperCase()} `;
  const head = `${at.toTimeString().slice(0, 8)}  ${mark}${message}`;
  const trace = typeof stack === "string" && level === "error" ? framesOf(stack) : "";
  return [words.length === 0 ? head : head.padEnd(28), ...words].join(" ") + trace;
};

const framesOf = (stack: string) =>
  stack
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .map((line) => `\n${visible(line)}`)
    .join("");

const shown = (value: unknown) => {
  if (typeof value !== "string") return visible(JSON.stringify(value));
  return /^[^\s"=\p{Cc}\p{Cf}\p{Cs}]+$/u.test(value) ? value : visible(JSON.stringify(value));
};

/** What a terminal would act on, or a reader not see, is written as its escape: no text moves the cursor, hides or reorders others. */
const visible = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (sign) =>
    Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
