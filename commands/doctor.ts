import { BaseCommand } from '../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { obtain, sourceFlags } from '../src/cli/source.ts';

export default class Doctor extends BaseCommand {
  static override summary = 'Say what this kernel, these rights and these tools allow, and what to do for the rest.';
  static override description =
    'Every kernel interface is tested by using it on nsinspect itself; versions are not asked. Then the host is looked through once as ls does it, to say how complete that is.';
  static override examples = [
    '<%= config.bin %> doctor',
    {
      description: 'what is not there',
      command: '<%= config.bin %> doctor --json | jq \'.checks[] | select(.state != "present")\'',
    },
    {
      description: 'in a container that has the /proc of the host',
      command: '<%= config.bin %> doctor --host-root /host',
    },
  ];
  static override flags = { 'host-root': sourceFlags['host-root'], ...outputFlags };

  async run() {
    const { flags } = await this.parse(Doctor);
    const [{ doctorFacts }, { checksOf }, { findProgram }] = await Promise.all([
      import('../src/host/live-doctor.ts'),
      import('../src/model/doctor.ts'),
      import('../src/cli/programs.ts'),
    ]);
    const hostRoot = flags['host-root'] ?? null;
    const capture = await obtain(
      { 'host-root': flags['host-root'] },
      {
        facets: ['tasks', 'namespaces', 'engines'],
        tasks: { detail: 'none', cgroups: true, root: false, threadCgroups: false },
      },
      this.tool,
    );
    const checks = checksOf({ ...doctorFacts(hostRoot), tools: { nsenter: findProgram('nsenter') } });
    const [{ doctorDocument, doctorLines }, { makeStyle }] = await Promise.all([
      import('../reports/doctor.ts'),
      import('../reports/style.ts'),
    ]);
    const document = doctorDocument(capture, checks);
    this.print(doctorLines(document, makeStyle(outputStyle(flags))));
    return document;
  }
}
