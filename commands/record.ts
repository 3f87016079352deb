import { boolean, string } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { ExitCode } from '../src/cli/exit-codes.ts';
import { reportFailure } from '../src/cli/failure.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { dbFlag, historyPath, withHistory } from '../src/cli/history.ts';
import { parseSpan } from '../src/cli/moment.ts';
import { sourceFlags } from '../src/cli/source.ts';
import { NsinspectError } from '../src/text/error.ts';
import { toJson } from '../src/text/json.ts';
import { parseBytes } from '../src/text/units.ts';

/** The least that makes sense: a pass takes tens of milliseconds. */
const LEAST_INTERVAL = 100;

/** Bytes: about what a file with one snapshot of a small host takes, below which all would be removed in vain. */
const SMALLEST_FILE = 128 << 10;

export default class Record extends BaseCommand {
  static override summary = 'Take snapshots again and again, and say what changes as it happens.';
  static override description =
    'On a terminal, a line with the last snapshot and what changed below it; in a pipe the changes alone, a line each; with --json an object a line. SIGINT, SIGTERM and SIGHUP end it with a summary.';
  static override examples = [
    '<%= config.bin %> record --every 5s',
    {
      description: 'for a day, in a file that stays small',
      command: '<%= config.bin %> record --every 10s --for 1d --max-size 200MB',
    },
    {
      description: 'what is loosened, as it happens',
      command:
        '<%= config.bin %> record --every 2s --json | jq \'select(.event == "snapshot").changes[] | select(.kind == "loosened")\'',
    },
  ];
  static override flags = {
    every: string({ required: true, helpValue: 'SPAN', summary: 'Time from one snapshot to the next: 5s, 1m.' }),
    for: string({
      helpValue: 'SPAN',
      summary: 'End after this time: 1h, 2d. Otherwise it goes on until it is told to end.',
    }),
    'max-size': string({
      helpValue: 'SIZE',
      summary:
        'Keep the file below this (200MB, 1GiB): the oldest snapshots of this host that have no label are removed.',
    }),
    all: boolean({ default: false, summary: 'Say what every living host does all the time, too.' }),
    full: boolean({ default: false, summary: 'Statistics of cgroups, too (memory.stat and the like).' }),
    redact: boolean({ default: false, summary: 'Leave out command lines and labels.' }),
    'host-root': sourceFlags['host-root'],
    db: dbFlag,
    ...outputFlags,
  };

  async run(): Promise<undefined> {
    const { flags } = await this.parse(Record);
    const every = span('--every', flags.every);
    if (every < LEAST_INTERVAL) throw usage('--every', flags.every, 'at least 0.1s');
    const duration = flags.for === undefined ? null : span('--for', flags.for);
    const maxSize = flags['max-size'] === undefined ? null : parseBytes(flags['max-size']);
    if (flags['max-size'] !== undefined && (maxSize === null || maxSize < SMALLEST_FILE))
      throw usage('--max-size', flags['max-size'], '200MB or 1GiB, 128KiB at least');
    const [
      { capture, EVERYTHING },
      { liveHost },
      { redact },
      { record },
      { jsonOutput, textOutput },
      { snapshotWants },
      { makeStyle },
    ] = await Promise.all([
      import('../src/capture/capture.ts'),
      import('../src/host/live.ts'),
      import('../src/capture/redact.ts'),
      import('../src/cli/record.ts'),
      import('../src/cli/record-output.ts'),
      import('../src/cli/take.ts'),
      import('../reports/style.ts'),
    ]);
    const host = liveHost(flags['host-root']);
    const write = (text: string): void => void process.stdout.write(text);
    const note = (message: string): void => this.note(message);
    const listener = this.jsonEnabled()
      ? jsonOutput(this.tool, write, note, flags.all)
      : textOutput({
          style: () => makeStyle(outputStyle(flags)),
          isTerminal: process.stdout.isTTY,
          all: flags.all,
          write,
          note,
        });
    try {
      const result = await withHistory(flags.db, 'write', (store) =>
        record(
          store,
          async (wants) => {
            const whole = await capture(host, wants, this.tool);
            return flags.redact ? redact(whole) : whole;
          },
          { every, duration, maxSize, wants: { ...snapshotWants(EVERYTHING, flags.full), parallel: false } },
          listener,
        ),
      );
      listener.ended({ database: historyPath(flags.db), ...result });
      if (result.endedBy === 'SIGINT') process.exitCode = ExitCode.interrupted;
    } catch (error) {
      listener.leave();
      if (!this.jsonEnabled()) throw error;
      // The document of an error takes several lines, and whoever reads this reads line by line.
      const { exitCode, stdout, stderr } = reportFailure(error, { json: true, debug: false });
      process.exitCode = exitCode;
      if (stdout !== '') write(`${toJson(JSON.parse(stdout))}\n`);
      process.stderr.write(stderr);
    }
    return undefined;
  }
}

function span(flag: string, text: string): number {
  const milliseconds = parseSpan(text);
  if (milliseconds === null || milliseconds === 0) throw usage(flag, text, '5s, 1m or 2h');
  return milliseconds;
}

function usage(flag: string, value: string, expected: string): NsinspectError {
  return new NsinspectError(`${flag} cannot be ${value}`, { code: 'usage', hint: `It is ${expected}.` });
}
