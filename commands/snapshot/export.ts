import { string } from '@oclif/core/args';
import { string as text } from '@oclif/core/flags';

import { momentArguments } from '../../src/cli/arguments.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { captureAt, dbFlag } from '../../src/cli/history.ts';
import { MOMENT_HELP } from '../../src/cli/moment.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { formatBytes, formatPlural } from '../../src/text/units.ts';

export default class SnapshotExport extends BaseCommand {
  static override summary = 'Write a snapshot into a capture file, which --from reads anywhere.';
  static override examples = [
    '<%= config.bin %> snapshot export 12 -o host.nsc',
    { description: 'and there', command: '<%= config.bin %> tree --from host.nsc' },
  ];
  static override args = { moment: string({ required: true, description: `Which one: ${MOMENT_HELP}.` }) };
  static override flags = {
    output: text({ char: 'o', required: true, helpValue: 'FILE', summary: 'The file to write; - for stdout.' }),
    db: dbFlag,
  };

  async run() {
    const { args, flags } = await this.parse(SnapshotExport, momentArguments(this.argv));
    if (flags.output === '-' && this.jsonEnabled()) {
      throw new NsinspectError('the capture and its description cannot both go to stdout', { code: 'usage' });
    }
    const [{ encodeCapture }, { writeWhole }, { documentHead }] = await Promise.all([
      import('../../src/capture/file.ts'),
      import('../../src/cli/write.ts'),
      import('../../reports/head.ts'),
    ]);
    const capture = await captureAt(flags.db, args.moment);
    const bytes = encodeCapture(capture);
    writeWhole(flags.output, bytes);
    const head = documentHead('nsinspect/capture-written/1', capture);
    const tasks = formatPlural(head.coverage.processes, 'process', 'processes');
    if (flags.output !== '-') this.log(`${flags.output}: ${tasks}, ${formatBytes(bytes.length)}`);
    return { ...head, file: flags.output, bytes: String(bytes.length), redacted: capture.redacted };
  }
}
