/** What the program uses of its process. */
export interface CliPlace {
  out(text: string): void;
  err(text: string): void;
  readonly colors: boolean;
  readonly cwd: string;
  readonly signal?: AbortSignal;
}
