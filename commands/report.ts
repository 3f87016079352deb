import { boolean, option, string } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { outputOf, REPORT_FORMATS, watchInterval } from '../src/cli/report-flags.ts';
import { dbFlag } from '../src/cli/history.ts';
import { sourceFlags } from '../src/cli/source.ts';
import { formatBytes, formatPlural } from '../src/text/units.ts';

export default class Report extends BaseCommand {
  static override summary = 'Write the isolation report: one page that opens anywhere, offline.';
  static override description =
    'Containers by namespaces, isolation boundaries, css_sets, limits, layers, and what matters most of it first. The page needs nothing but a browser: no network, no other file. It holds the facts themselves, and with them command lines, paths and names: --redact leaves command lines, labels and build steps out, --no-raw the facts.';
  static override examples = [
    '<%= config.bin %> report -o report.html',
    {
      description: 'of a capture, for somebody else',
      command: '<%= config.bin %> report --from host.nsc --redact -o report.html',
    },
    { description: 'each picture as a file of its own', command: '<%= config.bin %> report --svg pictures' },
    { description: 'for a merge request', command: '<%= config.bin %> report --format md --section isolation,limits' },
    { description: 'made anew every 30 seconds', command: '<%= config.bin %> report -o report.html --watch 30s' },
  ];
  static override flags = {
    output: string({ char: 'o', helpValue: 'FILE', summary: 'The file to write; - for stdout.' }),
    format: option({
      options: REPORT_FORMATS,
      summary:
        'What to write; otherwise what the name of the file says, or html. svg is one picture, --picture says which.',
    })(),
    svg: string({ helpValue: 'DIR', summary: 'Write each picture as a file of its own into this directory, too.' }),
    picture: string({ helpValue: 'NAME', summary: 'With --format svg: which picture, such as isolation-matrix.' }),
    section: string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'LIST',
      summary: 'Only these sections.',
    }),
    redact: boolean({ default: false, summary: 'Leave out command lines, labels and what build steps ran.' }),
    raw: boolean({
      default: true,
      allowNo: true,
      summary: 'Put the facts into the page, from which the capture can be saved.',
    }),
    watch: string({
      helpValue: 'SPAN',
      summary: 'Make it anew again and again, at this distance (30s, 5m), until told to end.',
      exclusive: ['from', 'json'],
    }),
    before: string({
      helpGroup: 'SOURCE',
      helpValue: 'SIDE',
      summary: 'Say what changed since this capture file, or this moment of the history.',
    }),
    bench: string({
      helpGroup: 'SOURCE',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Show the results of nsinspect bench in this file; several show their history.',
    }),
    ...sourceFlags,
    db: { ...dbFlag, helpGroup: 'SOURCE' },
  };

  async run() {
    const { flags } = await this.parse(Report);
    const output = outputOf(flags, { json: this.jsonEnabled(), isTTY: process.stdout.isTTY });
    const every = watchInterval(flags, output);
    const [{ obtainWorld }, { loadSections }, { buildReport, reportDocument }, { writeReport }] = await Promise.all([
      import('../src/cli/report-source.ts'),
      import('../reports/report/sections.ts'),
      import('../reports/report/document.ts'),
      import('../src/cli/report-write.ts'),
    ]);
    const sections = await loadSections(flags.section);
    const pass = async () => {
      const report = buildReport(await obtainWorld(flags, this.tool), sections);
      const document = reportDocument(report);
      const written = await writeReport(report, output);
      const found = formatPlural(document.findings.length, 'finding');
      for (const { file, bytes } of written.filter((one) => one.file !== '-')) {
        this.log(
          file === output.main?.file ? `${file}: ${found}, ${formatBytes(bytes)}` : `${file}: ${formatBytes(bytes)}`,
        );
      }
      return document;
    };
    if (every !== null) {
      const { repeat } = await import('../src/cli/repeat.ts');
      await repeat(every, pass, (failure) => this.note(`${failure}; the last one stays`));
      return undefined;
    }
    const document = await pass();
    this.noteCoverage(document.coverage);
    return document;
  }
}
