import type { Exchange } from "./drive/exchange.ts";

/** A moment of a timeline, in milliseconds after its beginning. */
export interface TimelinePoint {
  readonly at: number;
  readonly what: string;
}

/** A measured series: milliseconds after the beginning, and the value. */
export interface Series {
  readonly label: string;
  readonly unit: string;
  readonly points: readonly (readonly [at: number, value: number])[];
}

/** What an audit saw. Secrets are removed before it is kept. */
export type Evidence =
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "exchange"; readonly exchange: ShownExchange }
  | { readonly kind: "log"; readonly lines: readonly string[] }
  | { readonly kind: "timeline"; readonly points: readonly TimelinePoint[] }
  | { readonly kind: "series"; readonly series: Series };

/** A request and its answer, as the report shows them. */
export interface ShownExchange {
  readonly request: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly error?: string;
  /** Milliseconds until the whole answer was there, or until it failed. */
  readonly duration: number;
}

const LONGEST_BODY = 2000;
const LONGEST_LINE = 1000;
const MOST_LINES = 40;
const MOST_PIECES = 60;

/** Collects the evidence of one audit, bounded and without secrets. */
export class EvidenceList {
  readonly #redact: (text: string) => string;
  readonly #pieces: Evidence[] = [];

  /** @param redact - removes secrets from a text */
  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  get pieces(): readonly Evidence[] {
    return this.#pieces;
  }

  note(text: string): void {
    this.#add({ kind: "note", text: this.#shown(text, LONGEST_BODY) });
  }

  exchange({ method, path, status, headers, body, loss, duration }: Exchange): void {
    const request = this.#shown(`${method} ${path}`, LONGEST_LINE);
    const error = loss === undefined ? {} : { error: `${loss.kind}: ${loss.message}` };
    if (status === undefined) {
      this.#add({ kind: "exchange", exchange: { request, ...error, duration } });
      return;
    }
    const shown: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) shown[name] = this.#shown(value, LONGEST_LINE);
    const answer = { status, headers: shown, body: this.#shown(body, LONGEST_BODY) };
    this.#add({ kind: "exchange", exchange: { request, ...answer, ...error, duration } });
  }

  log(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const shown = lines.slice(0, MOST_LINES).map((line) => this.#shown(line, LONGEST_LINE));
    if (lines.length > MOST_LINES) shown.push(`… and ${lines.length - MOST_LINES} more lines`);
    this.#add({ kind: "log", lines: shown });
  }

  timeline(points: readonly TimelinePoint[]): void {
    this.#add({
      kind: "timeline",
      points: points.map(({ at, what }) => ({ at, what: this.#shown(what, LONGEST_LINE) })),
    });
  }

  series(series: Series): void {
    this.#add({ kind: "series", series });
  }

  #add(piece: Evidence): void {
    if (this.#pieces.length < MOST_PIECES) this.#pieces.push(piece);
  }

  #shown(text: string, longest: number): string {
    const clean = this.#redact(text);
    return clean.length <= longest ? clean : `${clean.slice(0, longest)}…`;
  }
}
