import { string } from '@oclif/core/args';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { sourceFlags } from '../../src/cli/source.ts';
import { stateFlag } from '../../src/cli/state-flag.ts';

export default class LayersWho extends BaseCommand {
  static override summary = 'Say which containers and images have a layer.';
  static override description =
    "The layer is named by its diffID or chainID (the beginning of it will do) or by its directory, as when something suspicious lies below an engine's state directory.";
  static override examples = [
    '<%= config.bin %> layers who sha256:2f058285aba6',
    '<%= config.bin %> layers who /var/lib/docker/overlay2/26bdfc473627/diff/usr/bin/x',
  ];
  static override args = {
    layer: string({ required: true, description: 'A diffID or chainID, or a path in the directory of a layer.' }),
  };
  static override flags = { state: stateFlag, ...sourceFlags, ...outputFlags };

  async run() {
    const { args, flags } = await this.parse(LayersWho);
    const [{ obtainLayers }, { whoHas }, { layersWhoDocument }, { layersWhoLines }, { makeStyle }] = await Promise.all([
      import('../../src/cli/layers-source.ts'),
      import('../../src/model/layers.ts'),
      import('../../reports/layers.ts'),
      import('../../reports/layers-all-text.ts'),
      import('../../reports/style.ts'),
    ]);
    const view = await obtainLayers(flags, this.tool);
    const found = whoHas(view.stores, Buffer.from(args.layer, 'utf8').toString('latin1'));
    const document = layersWhoDocument(view.capture, args.layer, found);
    this.print(layersWhoLines(document, makeStyle(outputStyle(flags))));
    this.noteCoverage(document.coverage);
    return document;
  }
}
