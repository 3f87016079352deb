/** Takes snapshots again and again, at little cost, and says what changes. */
import { performance } from 'node:perf_hooks';

import type { CaptureWants } from '../capture/capture.ts';
import { compareCaptures } from '../diff/compare.ts';
import type { Capture } from '../schema/capture.ts';
import type { DiffChange } from '../schema/diff-document.ts';
import type { RecordSummary, SnapshotInfo } from '../schema/history.ts';
import type { Store } from '../store/store.ts';
import { byTime, hostnameOf } from './moment.ts';
import { Stop } from './stop.ts';
import { putCapture } from './take.ts';

/** What to record, and for how long. Times in milliseconds. */
export interface RecordWishes {
  readonly every: number;
  /** Null: until it is told to end. */
  readonly duration: number | null;
  /** Bytes that the file may take; null: as many as it needs. */
  readonly maxSize: number | null;
  readonly wants: CaptureWants;
}

/** What happened in a pass. */
export interface RecordedPass {
  readonly info: SnapshotInfo;
  readonly containers: number;
  readonly cpuMs: number;
  /** Of one CPU, since the pass before. */
  readonly cpuShare: number;
  /** All that changed since the pass before, noise included. */
  readonly changes: readonly DiffChange[];
}

/** Who is told. */
export interface RecordListener {
  readonly passed: (pass: RecordedPass) => void;
  /** So many ticks were left out, as a pass took longer than the interval. */
  readonly skipped: (ticks: number) => void;
  /** So many snapshots of this host, none of which had a label, were removed, as the file was too large. */
  readonly pruned: (removed: number, bytes: number) => void;
  /** The file is too large, and nothing is left that could be removed. */
  readonly tooSmall: (bytes: number) => void;
}

/** How it went; who opened the history knows its name. */
export type RecordResult = Omit<RecordSummary, 'database'>;

/** Of the snapshots of a host that many are removed at once, one in so many: removing is costly each time. */
const REMOVED_AT_ONCE = 20;

/**
 * Records until its time is over or a signal ends it, after the pass that is under way. Throws what a pass throws: then nothing
 * of that pass is stored.
 */
export async function record(
  store: Store,
  take: (wants: CaptureWants) => Promise<Capture>,
  wishes: RecordWishes,
  listener: RecordListener,
): Promise<RecordResult> {
  const stop = new Stop();
  try {
    return await new Recorder(store, take, wishes, listener, stop).run();
  } finally {
    stop.close();
  }
}

class Recorder {
  readonly #store: Store;
  readonly #take: (wants: CaptureWants) => Promise<Capture>;
  readonly #wishes: RecordWishes;
  readonly #listener: RecordListener;
  readonly #stop: Stop;
  #before: Capture | null = null;
  #saidTooSmall = false;
  readonly #sums = { snapshots: 0, skipped: 0, pruned: 0, changes: 0, written: 0 };
  readonly #began = performance.now();
  readonly #cpuAtStart = process.cpuUsage();
  #cpu = { at: this.#began, used: cpuMs(this.#cpuAtStart) };

  constructor(
    store: Store,
    take: (wants: CaptureWants) => Promise<Capture>,
    wishes: RecordWishes,
    listener: RecordListener,
    stop: Stop,
  ) {
    this.#store = store;
    this.#take = take;
    this.#wishes = wishes;
    this.#listener = listener;
    this.#stop = stop;
  }

  async run(): Promise<RecordResult> {
    const { every, duration } = this.#wishes;
    for (let tick = 0; ;) {
      await this.#pass();
      if (this.#stop.isAsked()) break;
      const elapsed = performance.now() - this.#began;
      const next = Math.floor(elapsed / every) + 1;
      if (next > tick + 1) {
        this.#sums.skipped += next - tick - 1;
        this.#listener.skipped(next - tick - 1);
      }
      tick = next;
      if (duration !== null && tick * every >= duration) {
        await this.#stop.wait(duration - elapsed);
        break;
      }
      await this.#stop.wait(tick * every - elapsed);
      if (this.#stop.isAsked()) break;
    }
    return this.#result();
  }

  async #pass(): Promise<void> {
    const capture = await this.#take(this.#wishes.wants);
    const { info, containers } = putCapture(this.#store, capture);
    // What moves all the time is no change: where no fact began or ended there is nothing to compare.
    const isSame = info.begun + info.ended === 0;
    const changes = this.#before === null || isSame ? [] : compareCaptures(this.#before, capture).changes;
    this.#before = capture;
    this.#sums.snapshots++;
    this.#sums.written += info.factBytes + info.sampleBytes;
    this.#sums.changes += changes.filter(({ importance }) => importance !== 'noise').length;
    const now = performance.now();
    const used = cpuMs();
    const share = (used - this.#cpu.used) / Math.max(1, now - this.#cpu.at);
    this.#listener.passed({ info, containers, changes, cpuMs: round(used - this.#cpu.used), cpuShare: ratio(share) });
    this.#cpu = { at: now, used };
    this.#prune(info);
  }

  /** Removes the oldest snapshots of this host until the file is as small as it may be. Those with a label somebody wants to keep. */
  #prune(newest: SnapshotInfo): void {
    const { maxSize } = this.#wishes;
    if (maxSize === null || this.#store.bytes().file <= maxSize) return;
    // Moves the log of changes into the file, which may be all that is too much.
    this.#store.remove([]);
    const host = hostnameOf(newest);
    let removed = 0;
    let ours = this.#store.list(host === null ? {} : { hostname: host });
    if (host === null) ours = ours.filter((info) => hostnameOf(info) === null);
    let left = byTime(ours)
      .filter(({ id, label }) => id !== newest.id && label === null)
      .map(({ id }) => id);
    while (this.#store.bytes().file > maxSize && left.length > 0) {
      const count = Math.ceil(left.length / REMOVED_AT_ONCE);
      this.#store.remove(left.slice(0, count));
      left = left.slice(count);
      removed += count;
    }
    const { file } = this.#store.bytes();
    if (removed > 0) {
      this.#sums.pruned += removed;
      this.#listener.pruned(removed, file);
    }
    if (file > maxSize && !this.#saidTooSmall) {
      this.#saidTooSmall = true;
      this.#listener.tooSmall(file);
    }
  }

  #result(): RecordResult {
    const { written, ...sums } = this.#sums;
    const wall = performance.now() - this.#began;
    const used = cpuMs() - cpuMs(this.#cpuAtStart);
    return {
      endedBy: this.#stop.signal ?? 'time',
      ...sums,
      seconds: round(wall / 1_000),
      cpuMs: round(used),
      cpuShare: ratio(used / Math.max(1, wall)),
      written: String(written),
      bytes: String(this.#store.bytes().file),
    };
  }
}

/** CPU time of this process so far, milliseconds. */
function cpuMs({ user, system } = process.cpuUsage()): number {
  return (user + system) / 1_000;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function ratio(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
