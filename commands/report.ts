import { string } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { sourceFlags } from '../src/cli/source.ts';

export default class Report extends BaseCommand {
  static override summary = 'Write the isolation report: one page that opens anywhere, offline.';
  static override examples = [
    '<%= config.bin %> report -o report.html',
    { description: 'of a capture', command: '<%= config.bin %> report --from host.nsc -o report.html' },
  ];
  static override flags = {
    output: string({ char: 'o', default: '-', helpValue: 'FILE', summary: 'The file to write; - for stdout.' }),
    section: string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'LIST',
      summary: 'Only these sections.',
    }),
    ...sourceFlags,
  };

  async run() {
    const { flags } = await this.parse(Report);
    const [{ obtainWorld }, { loadSections }, { buildReport, reportDocument }] = await Promise.all([
      import('../src/cli/report-source.ts'),
      import('../reports/report/sections.ts'),
      import('../reports/report/document.ts'),
    ]);
    const sections = await loadSections(flags.section);
    const report = buildReport(await obtainWorld(flags, this.tool), sections);
    const document = reportDocument(report);
    if (!this.jsonEnabled()) {
      const [{ reportPage }, { writeWhole }] = await Promise.all([
        import('../reports/report/page.ts'),
        import('../src/cli/write.ts'),
      ]);
      writeWhole(flags.output, Buffer.from(reportPage(report)));
    }
    this.noteCoverage(document.coverage);
    return document;
  }
}
