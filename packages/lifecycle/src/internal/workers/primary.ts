import type { Cut } from "../../cut.ts";
import { errors } from "../../errors.ts";
import type { StopReport } from "../../options.ts";
import { crashLoopEvent, signalEvent, workerEndEvent, workerRestartEvent, workerStartEvent } from "../../telemetry.ts";
import type { WorkerStatus } from "../../workers.ts";
import type { Exit } from "../exit.ts";
import { comesFromDeveloper, listenToProcess, terminalHangUp } from "../process.ts";
import { CrashGuard } from "./crash-guard.ts";
import type { StopRequest } from "./messages.ts";
import type { PrimarySettings } from "./settings.ts";
import { Slot } from "./slot.ts";
import { trackWorkers } from "./track-workers.ts";
import { describeEnd, type WorkerEnd, WorkerProcess } from "./worker-process.ts";

/** Forks the workers, replaces those that end, and stops all of them within one deadline. */
export class Primary {
  readonly #settings: PrimarySettings;
  readonly #exit: Exit;
  readonly #slots: readonly Slot[];
  readonly #running = new Set<WorkerProcess>();
  readonly #guard: CrashGuard;
  readonly #started = Promise.withResolvers<void>();
  #stopping: Promise<StopReport> | undefined;
  #crashLoop: Error | undefined;
  #rolling: Promise<void> | undefined;
  #nextRoll: Promise<void> | undefined;
  #signals = 0;

  constructor(settings: PrimarySettings, exit: Exit) {
    this.#settings = settings;
    this.#exit = exit;
    this.#guard = new CrashGuard(settings);
    this.#slots = Array.from({ length: settings.count }, (_, i) => new Slot(i + 1));
    trackWorkers(this);
  }

  list(): WorkerStatus[] {
    return [...this.#running].map(({ place, pid, state }) => ({ place, pid, state }));
  }

  /** Resolves once every place has had a worker that was ready. */
  start(): Promise<void> {
    const { signals, restartSignals } = this.#settings;
    const hasHungUp = terminalHangUp();
    const onSignal = (signal: string): void => {
      const isRestart = restartSignals.some((name) => name === signal) && !hasHungUp();
      if (isRestart) this.#onRestartSignal(signal);
      else this.#onStopSignal(signal);
    };
    this.#exit.unlisten = listenToProcess({ signals: [...signals, ...restartSignals], onSignal });
    for (const slot of this.#slots) this.#launch(slot);
    return this.#started.promise;
  }

  /** Starts a rolling restart, after the one that runs now if there is one. */
  restart(reason: string): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(errors.LIFECYCLE_RESTART_INTERRUPTED());
    if (this.#rolling === undefined) {
      this.#rolling = this.#roll(reason).finally(() => {
        this.#rolling = undefined;
      });
      return this.#rolling;
    }
    const begin = (): Promise<void> => {
      this.#nextRoll = undefined;
      return this.restart(reason);
    };
    this.#nextRoll ??= this.#rolling.then(begin, begin);
    return this.#nextRoll;
  }

  stop(request: StopRequest): Promise<StopReport> {
    this.#stopping ??= this.#stop(request);
    return this.#stopping;
  }

  #onStopSignal(signal: string): void {
    this.#signals += 1;
    const effect = this.#signals === 1 ? "drain" : "exit";
    signalEvent.emit({ signal, effect });
    if (effect === "drain") {
      this.#exit.demand();
      void this.stop({ reason: signal, immediate: comesFromDeveloper(signal) });
      return;
    }
    const left = [...this.#running].map(({ name }) => name);
    this.#exit.say("warn", `second signal (${signal}): killing ${left.join(", ")} and exiting with code 1`, {
      signal,
      left,
    });
    for (const worker of this.#running) worker.kill();
    this.#exit.now();
  }

  #onRestartSignal(signal: string): void {
    signalEvent.emit({ signal, effect: "restart" });
    // A failure has been reported, and the old workers keep running.
    this.restart(signal).catch(() => undefined);
  }

  #fork(slot: Slot): WorkerProcess {
    const { clock, startTimeout } = this.#settings;
    const worker = new WorkerProcess(slot.place, clock, startTimeout);
    this.#running.add(worker);
    const { place, pid } = worker;
    void worker.ready.then((after) => {
      const outcome = after === undefined ? "failed" : "ready";
      workerStartEvent.emit({ outcome }, (after ?? worker.age()) / 1000, { place, pid });
    });
    void worker.ended.then((end) => {
      this.#running.delete(worker);
      this.#noteEnd(worker, end);
      if (!end.requested && slot.worker === worker) this.#replace(slot, describeEnd(end), end);
    });
    return worker;
  }

  #noteEnd(worker: WorkerProcess, end: WorkerEnd): void {
    const { place, pid } = worker;
    const outcome = end.killed ? "killed" : !end.requested ? "crashed" : worker.isClean(end) ? "clean" : "failed";
    const { code, signal, error } = end;
    workerEndEvent.emit({ outcome }, end.lived / 1000, { place, pid, code, signal, error });
  }

  #launch(slot: Slot): void {
    if (this.#stopping !== undefined) return;
    try {
      const worker = this.#fork(slot);
      slot.worker = worker;
      void worker.ready.then((after) => {
        if (after === undefined) return;
        slot.wasReady = true;
        if (this.#slots.every(({ wasReady }) => wasReady)) this.#started.resolve();
      });
    } catch (error) {
      this.#replace(slot, `could not be created: ${String(error)}`, undefined);
    }
  }

  /** A worker has ended by itself: starts another one after a delay, or ends the service if too many have ended. */
  #replace(slot: Slot, how: string, end: WorkerEnd | undefined): void {
    if (this.#stopping !== undefined) return;
    const { clock, crashWindow, crashLimit } = this.#settings;
    const worker = slot.worker?.name ?? `worker ${slot.place}`;
    if (this.#guard.note(clock.monotonic())) {
      const deaths = this.#guard.count;
      const message = `${deaths} workers have ended by themselves within ${crashWindow / 1000} s (${crashLimit} may); the last one, ${worker}, ${how}`;
      this.#crashLoop = errors.LIFECYCLE_CRASH_LOOP({ deaths, window: crashWindow }, { message });
      crashLoopEvent.emit({}, undefined, { deaths, window: crashWindow, code: end?.code, signal: end?.signal });
      this.#exit.demand();
      this.#exit.say("error", `${message}; stopping the others; exit code 1`, { deaths, window: crashWindow });
      void this.stop({ reason: "the workers end by themselves again and again", immediate: false });
      return;
    }
    const delay = slot.scheduleRestart(this.#settings, end?.lived ?? 0, () => {
      workerRestartEvent.emit({ reason: "crashed" }, undefined, { place: slot.place });
      this.#launch(slot);
    });
    this.#exit.say("warn", `${worker} ${how}; another one starts in ${Math.round(delay)} ms`, { place: slot.place });
  }

  async #roll(reason: string): Promise<void> {
    for (const slot of this.#slots) {
      const fresh = await this.#prepare(slot);
      const old = slot.worker;
      slot.cancelRestart();
      slot.worker = fresh;
      workerRestartEvent.emit({ reason: "rolling" }, undefined, { place: slot.place });
      // Other workers take the connections, so that there is nothing to wait for.
      if (old !== undefined && this.#running.has(old)) await this.#stopOne(old, { reason, immediate: true });
    }
  }

  /** A new worker that is ready, beside the old one. */
  async #prepare(slot: Slot): Promise<WorkerProcess> {
    let why: string;
    try {
      const fresh = this.#fork(slot);
      if ((await fresh.ready) !== undefined && this.#stopping === undefined) return fresh;
      why = `the new ${fresh.name} ${describeEnd(await fresh.ended)}`;
    } catch (error) {
      why = `a new worker could not be created: ${String(error)}`;
    }
    if (this.#stopping !== undefined) throw errors.LIFECYCLE_RESTART_INTERRUPTED();
    this.#exit.say("error", `the rolling restart has ended, and the old workers keep running: ${why}`, {
      place: slot.place,
    });
    throw errors.LIFECYCLE_RESTART_FAILED({ place: slot.place }, { message: why });
  }

  async #stopOne(worker: WorkerProcess, request: StopRequest): Promise<Cut | undefined> {
    const began = this.#settings.clock.monotonic();
    const end = await worker.stop(request, this.#settings.deadline);
    if (worker.isClean(end)) return undefined;
    const after = this.#settings.clock.monotonic() - began;
    return { kind: "worker", name: worker.name, after, error: new Error(describeEnd(end)) };
  }

  async #stop(request: StopRequest): Promise<StopReport> {
    const { clock } = this.#settings;
    const began = clock.monotonic();
    for (const slot of this.#slots) slot.cancelRestart();
    const ends = await Promise.all([...this.#running].map((worker) => this.#stopOne(worker, request)));
    const cut = ends.filter((end) => end !== undefined);
    const duration = clock.monotonic() - began;
    return this.#finish({ reason: request.reason, duration, cut });
  }

  async #finish({ reason, duration, cut }: Pick<StopReport, "reason" | "duration" | "cut">): Promise<StopReport> {
    const failed = this.#crashLoop !== undefined || cut.length > 0;
    const report: StopReport = Object.freeze({ reason, code: failed ? 1 : 0, duration, cut, handles: [] });
    this.#exit.reportCut(report);
    const starting = !this.#slots.every(({ wasReady }) => wasReady);
    await this.#exit.after(report, starting);
    this.#started.reject(this.#crashLoop ?? errors.LIFECYCLE_START_INTERRUPTED());
    return report;
  }
}
