import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/cli/exit-codes.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { sourceFlags } from '../../src/cli/source.ts';
import { stateFlag } from '../../src/cli/state-flag.ts';

export default class Layers extends BaseCommand {
  static override summary =
    'Say which layers a root is stacked from, which image they are, and which build step made each.';
  static override description =
    "From the mount table and the engines' state directories alone: no daemon is asked, and a container that does not run has its layers told from its engine's records. With --all, the images and containers of each store, what they share, and directories that nothing uses any more.";
  static override examples = [
    '<%= config.bin %> layers docker:web',
    '<%= config.bin %> layers 812',
    {
      description: 'what it changed, and whether its layers are intact',
      command: '<%= config.bin %> layers docker:web --files --verify',
    },
    { description: 'what its layers hold in vain', command: '<%= config.bin %> layers docker:web --waste' },
    { description: 'all stores of this host', command: '<%= config.bin %> layers --all' },
    {
      description: 'a container of an engine that is gone',
      command: '<%= config.bin %> layers web --state /mnt/evidence/var/lib/docker',
    },
  ];
  static override exitCodes = { [ExitCode.found]: 'with --verify: a layer is not what its digest says' };
  static override args = {
    target: string({
      description: 'A pid, a container (name, id prefix, docker:web), running or not, or the path of a mount.',
    }),
  };
  static override flags = {
    all: boolean({
      default: false,
      exclusive: ['files', 'tree', 'against', 'verify', 'waste'],
      summary: 'All stores of layers instead of one target.',
    }),
    files: boolean({ default: false, summary: 'List what the container changed on top of its layers.' }),
    tree: boolean({ default: false, summary: 'The same as a tree.' }),
    against: text({
      helpValue: 'LAYER',
      summary: 'Compare with this layer alone (its index, or the beginning of its diffID) instead of with all below.',
    }),
    verify: boolean({ default: false, summary: "Recompute each image layer's digest and name what differs." }),
    waste: boolean({
      default: false,
      summary: 'Add up what layers above hide, and what more than one layer has.',
    }),
    state: stateFlag,
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { args, flags } = await this.parse(Layers);
    const [
      { obtainLayers, subjectNamed, usage },
      { summaryOf },
      { layersAllDocument, layersDocument },
      { layersLines },
      { layersAllLines },
      { makeStyle },
    ] = await Promise.all([
      import('../../src/cli/layers-source.ts'),
      import('../../src/model/layers.ts'),
      import('../../reports/layers.ts'),
      import('../../reports/layers-text.ts'),
      import('../../reports/layers-all-text.ts'),
      import('../../reports/style.ts'),
    ]);
    const target = usage(args.target, flags.all);
    const style = makeStyle(outputStyle(flags));
    const view = await obtainLayers(flags, this.tool);
    if (target === null) {
      const summaries = view.stores.map((store) => summaryOf(store, view.mounts));
      const document = layersAllDocument(view.capture, summaries, view);
      this.print(layersAllLines(document, style));
      this.noteCoverage(document.coverage);
      return document;
    }
    const subject = subjectNamed(target, view);
    const { lookInto } = await import('../../src/cli/layer-flags.ts');
    const { document, lines } = await lookInto(flags, subject, layersDocument(view.capture, subject), style);
    this.print([...layersLines(document, style), ...lines]);
    if (document.verified?.some(({ result }) => result === 'differs')) process.exitCode = ExitCode.found;
    this.noteCoverage(document.coverage);
    return document;
  }
}
