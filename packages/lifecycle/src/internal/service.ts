import { ListenerSet } from "@seaworthy/core/listeners";
import { withoutUndefined } from "@seaworthy/core/objects";
import { showValue } from "@seaworthy/core/options";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Cut } from "../cut.ts";
import { errors } from "../errors.ts";
import type { StopReport } from "../options.ts";
import type { ResourceOptions } from "../resource-options.ts";
import type { AnyServer, ServeOptions } from "../serve.ts";
import type { LifecycleState, StateChange } from "../state.ts";
import { cutEvent, fatalEvent, signalEvent, stateEvent } from "../telemetry.ts";
import { errorLine } from "./describe-cut.ts";
import { Exit } from "./exit.ts";
import { nextTurn } from "./next-turn.ts";
import { activeHandles, comesFromDeveloper, type FatalKind, listenToProcess } from "./process.ts";
import { type Resource, Resources } from "./resources.ts";
import { checkServe } from "./serve/listen.ts";
import { ServedServer } from "./serve/served-server.ts";
import type { Settings } from "./settings.ts";
import { shutDown } from "./shutdown.ts";
import { type Startable, startAll } from "./start.ts";
import { trackState } from "./track-state.ts";
import { Work } from "./work.ts";
import type { StopRequest } from "./workers/messages.ts";

/** Why a service ends. */
interface Cause {
  readonly kind: "signal" | "stop" | "fatal" | "start" | "empty";
  readonly reason: string;
  /** Whether the drain delay is left out, because no load balancer needs it. */
  readonly immediate?: boolean;
}

/** How many uncaught errors are reported. Reporting one may cause the next. */
const REPORTED_FATALS = 10;

/** Whether the message of a failed start is enough without the error. */
function isPortInUse(error: unknown): boolean {
  return errors.LIFECYCLE_PORT_IN_USE.is((error as Error).cause);
}

/** The state machine behind a lifecycle. */
export class Service {
  state: LifecycleState = "starting";
  readonly work: Work;
  readonly #settings: Settings;
  readonly #exit: Exit;
  readonly #resources = new Resources();
  readonly #servers: ServedServer[] = [];
  readonly #opened = new Set<Startable>();
  readonly #opening = new Set<Startable>();
  readonly #listeners = new ListenerSet<StateChange>({
    owner: "onChange",
    code: "LIFECYCLE_LISTENER",
    onFailure: (error) => this.#exit.say("warn", `a listener of state changes failed: ${errorLine(error)}`, { error }),
  });
  readonly #stopping = new AbortController();
  readonly #abandoned = new AbortController();
  readonly #cut: Cut[] = [];
  #items: readonly Startable[] = [];
  #starting: Promise<void> | undefined;
  #allOpen: Promise<void> | undefined;
  #ending: Promise<StopReport> | undefined;
  #signals = 0;
  #fatals = 0;
  #failed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.work = new Work(settings.clock);
    this.#exit = new Exit(settings);
    trackState(this);
  }

  resource(name: string, options: ResourceOptions): void {
    this.#assertNew();
    if (this.#servers.some((server) => server.name === name))
      throw new TypeError(`resource ${showValue(name)} is already defined`);
    this.#resources.define(name, options);
  }

  serve(server: AnyServer, options: ServeOptions = {}): void {
    this.#assertNew();
    checkServe(server, options);
    if (this.#servers.some((other) => other.serves(server)))
      throw new TypeError("serve: this server is already served");
    const taken = (name: string): boolean =>
      this.#resources.has(name) || this.#servers.some((other) => other.name === name);
    let name = options.name ?? "http";
    if (options.name !== undefined && taken(name))
      throw new TypeError(`serve: name ${showValue(name)} is already taken`);
    for (let count = 2; taken(name); count++) name = `http-${count}`;
    this.#servers.push(new ServedServer(name, server, options, this.#settings.clock));
  }

  onChange(listener: (change: StateChange) => void): () => void {
    return this.#listeners.add(listener);
  }

  start(): Promise<void> {
    if (this.#starting !== undefined) return this.#starting;
    if (this.#ending !== undefined) return Promise.reject(errors.LIFECYCLE_ALREADY_STARTED());
    try {
      this.#items = [...this.#resources.inOrder(), ...this.#startables()];
    } catch (error) {
      return Promise.reject(error);
    }
    this.#starting = this.#start();
    return this.#starting;
  }

  stop(reason = "stop() was called"): Promise<StopReport> {
    if (typeof reason !== "string") throw new TypeError(`stop: reason must be a string; got ${showValue(reason)}`);
    return this.#end({ kind: "stop", reason });
  }

  #assertNew(): void {
    if (this.#starting !== undefined || this.#ending !== undefined) throw errors.LIFECYCLE_ALREADY_STARTED();
  }

  #startables(): Startable[] {
    const after = [...this.#resources.names()];
    return this.#servers.map((server) => ({ name: server.name, after, start: () => server.start() }));
  }

  async #start(): Promise<void> {
    const { clock, times, signals, fatalErrors } = this.#settings;
    const onFatal = (kind: FatalKind, error: unknown): void => this.#onFatal(kind, error);
    const onSignal = (signal: string): void => this.#onSignal(signal);
    const onEmpty = (): void => void this.#end({ kind: "empty", reason: "the event loop ran empty" });
    const onStopRequest = (request: StopRequest): void => this.#onStopRequest(request);
    this.#exit.unlisten = listenToProcess({
      signals,
      onSignal,
      onEmpty,
      onStopRequest,
      ...withoutUndefined({ onFatal: fatalErrors ? onFatal : undefined }),
    });
    this.#allOpen = startAll(this.#items, {
      clock,
      startTimeout: times.startTimeout,
      settleTimeout: times.closeTimeout,
      signal: this.#stopping.signal,
      abandoned: this.#abandoned.signal,
      onStarting: (item) => void this.#opening.add(item),
      onStarted: (item) => {
        this.#opening.delete(item);
        this.#opened.add(item);
      },
    });
    try {
      await this.#allOpen;
      if (this.#ending !== undefined) throw errors.LIFECYCLE_START_INTERRUPTED();
    } catch (error) {
      await this.#giveUp(error);
      throw error;
    }
    this.#allOpen = undefined;
    this.#change("ready", "started");
  }

  async #giveUp(error: unknown): Promise<void> {
    if (this.#ending === undefined) {
      const opened = [...this.#opened].map(({ name }) => name).reverse();
      const closing = opened.length === 0 ? "nothing was open" : `closing ${opened.join(", ")}`;
      const { message } = error as Error;
      this.#failed = true;
      this.#exit.demand();
      const details = isPortInUse(error) ? {} : { error };
      this.#exit.say("error", `the service could not start: ${message}; ${closing}; exit code 1`, details);
    }
    await this.#end({ kind: "start", reason: (error as Error).message });
  }

  #onSignal(signal: string): void {
    this.#signals += 1;
    const effect = this.#signals === 1 ? "drain" : "exit";
    signalEvent.emit({ signal, effect });
    if (effect === "drain") {
      this.#exit.demand();
      void this.#end({ kind: "signal", reason: signal, immediate: comesFromDeveloper(signal) });
      return;
    }
    const left = this.#unfinished();
    const message = `second signal (${signal}): exiting at once with code 1; not finished: ${left.join(", ")}`;
    this.#exit.say("warn", message, { signal, left });
    this.#exit.now();
  }

  /** The primary process requests its workers to stop once, whatever signals they get besides. */
  #onStopRequest({ reason, immediate }: StopRequest): void {
    this.#exit.demand();
    void this.#end({ kind: "signal", reason, immediate });
  }

  #unfinished(): string[] {
    const requests = this.#servers.reduce((sum, server) => sum + server.requests, 0);
    const streams = this.#servers.reduce((sum, server) => sum + server.streams, 0);
    const counted = Object.entries({ requests, streams, "background work": this.work.size });
    const open = [...this.#opened].map(({ name }) => name);
    return [
      ...counted.filter(([, count]) => count > 0).map(([what, count]) => `${what}: ${count}`),
      ...(open.length === 0 ? [] : [`open: ${open.join(" ")}`]),
      `handles: ${activeHandles().join(" ") || "none"}`,
    ];
  }

  #onFatal(kind: FatalKind, error: unknown): void {
    this.#failed = true;
    this.#fatals += 1;
    if (this.#fatals <= REPORTED_FATALS) {
      fatalEvent.emit({ kind }, undefined, { error });
      this.#exit.say("fatal", `${kind}: ${errorLine(error)}; exit code 1`, { kind, error });
    }
    this.#exit.demand();
    this.#exit.failed();
    void this.#end({ kind: "fatal", reason: kind });
  }

  #end(cause: Cause): Promise<StopReport> {
    this.#ending ??= this.#shutDown(cause);
    return this.#ending;
  }

  async #shutDown({ kind, reason, immediate = kind === "fatal" || kind === "empty" }: Cause): Promise<StopReport> {
    const { clock, times } = this.#settings;
    const began = clock.monotonic();
    const end = began + (kind === "fatal" ? times.fatalTimeout : times.deadline);
    const wasReady = this.state === "ready";
    this.#change(kind === "start" ? "failed" : "draining", reason);
    for (const server of this.#servers) server.beginDrain();
    this.#stopping.abort(new Error(`the service has to stop: ${reason}`));
    if (kind !== "start") await this.#settleOpening(end);
    await shutDown({
      clock,
      servers: this.#servers,
      work: this.work,
      opened: () => [...this.#opened] as Resource[],
      drainDelay: wasReady && !immediate ? times.drainDelay : 0,
      drainTimeout: kind === "fatal" ? times.fatalTimeout / 2 : times.drainTimeout,
      streamTimeout: times.streamTimeout,
      closeTimeout: times.closeTimeout,
      end,
      onCut: (cut) => this.#noteCut(cut),
    });
    return this.#finish(reason, clock.monotonic() - began, end);
  }

  /** Gives starts that are under way the time of a close to react to their signal, but at most half of the time that is left. */
  async #settleOpening(end: number): Promise<void> {
    if (this.#allOpen === undefined) return;
    const { clock, times } = this.#settings;
    const settled = this.#allOpen.then(
      () => true,
      () => true,
    );
    const began = clock.monotonic();
    const limit = Math.min(times.closeTimeout, (end - began) / 2);
    if (await waitAtMost(settled, { limit, onLimit: () => false, clock, keepAlive: true })) return;
    for (const { name } of this.#opening) {
      const error = errors.LIFECYCLE_START_INTERRUPTED({ resource: name }, { message: "its start ignored the signal" });
      this.#noteCut({ kind: "resource", name, after: clock.monotonic() - began, error });
    }
    this.#abandoned.abort(errors.LIFECYCLE_START_INTERRUPTED());
  }

  #noteCut(cut: Cut): void {
    this.#cut.push(cut);
    const { kind, ...details } = cut;
    cutEvent.emit({ kind }, undefined, details);
  }

  async #finish(reason: string, duration: number, end: number): Promise<StopReport> {
    const cut = [...this.#cut];
    if (cut.length > 0) await nextTurn(); // the handles of what has just been cut are closed then
    const handles = cut.length > 0 ? activeHandles() : [];
    const code = this.#failed || cut.length > 0 ? 1 : 0;
    const report: StopReport = Object.freeze({ reason, code, duration, cut, handles });
    this.#exit.reportCut(report);
    if (this.state !== "failed") this.#change(this.#failed ? "failed" : "stopped", reason);
    await this.#exit.after(report, this.#allOpen !== undefined, end);
    return report;
  }

  #change(state: LifecycleState, reason: string): void {
    const previous = this.state;
    this.state = state;
    stateEvent.emit({ state }, undefined, { previous, reason });
    this.#listeners.notify({ state, previous, reason });
  }
}
