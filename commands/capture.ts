import { boolean, string } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { sourceFlags, obtain } from '../src/cli/source.ts';
import { NsinspectError } from '../src/text/error.ts';
import { formatBytes, formatPlural } from '../src/text/units.ts';

export default class Capture extends BaseCommand {
  static override summary = "Write this host's facts into one portable file.";
  static override description =
    'Any analysis can be made of the file later and elsewhere, with --from FILE. It holds command lines, paths and names: --redact leaves command lines and labels out.';
  static override examples = [
    '<%= config.bin %> capture -o host.nsc',
    { description: 'for somebody else', command: '<%= config.bin %> capture --redact -o host.nsc' },
    { description: 'and then', command: '<%= config.bin %> tree --from host.nsc' },
  ];
  static override flags = {
    output: string({ char: 'o', required: true, helpValue: 'FILE', summary: 'The file to write; - for stdout.' }),
    redact: boolean({ summary: 'Leave out command lines and labels.' }),
    'host-root': sourceFlags['host-root'],
  };

  async run() {
    const { flags } = await this.parse(Capture);
    if (flags.output === '-' && this.jsonEnabled()) {
      throw new NsinspectError('the capture and its description cannot both go to stdout', { code: 'usage' });
    }
    const [{ EVERYTHING }, { encodeCapture }, { redact }, { writeWhole }] = await Promise.all([
      import('../src/capture/capture.ts'),
      import('../src/capture/file.ts'),
      import('../src/capture/redact.ts'),
      import('../src/cli/write.ts'),
    ]);
    const whole = await obtain({ 'host-root': flags['host-root'] }, EVERYTHING, this.tool);
    const capture = flags.redact ? redact(whole) : whole;
    const bytes = encodeCapture(capture);
    writeWhole(flags.output, bytes);
    const { documentHead } = await import('../reports/head.ts');
    const head = documentHead('nsinspect/capture-written/1', capture);
    const tasks = formatPlural(head.coverage.processes, 'process', 'processes');
    if (flags.output !== '-') this.log(`${flags.output}: ${tasks}, ${formatBytes(bytes.length)}`);
    this.noteCoverage(head.coverage);
    return { ...head, file: flags.output, bytes: String(bytes.length), redacted: capture.redacted };
  }
}
