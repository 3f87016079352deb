import { string } from '@oclif/core/args';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { isStored, sourceFlags } from '../../src/cli/source.ts';
import type { FileInLayer } from '../../src/cli/layer-search.ts';
import { stateFlag } from '../../src/cli/state-flag.ts';
import type { FoundLayer } from '../../src/model/layers.ts';

export default class LayersWho extends BaseCommand {
  static override summary = 'Say which containers and images have a layer, or a file.';
  static override description =
    "The layer is named by its diffID or chainID (the beginning of it will do) or by its directory, as when something suspicious lies below an engine's state directory. Any other path is looked for in all layers as containers see it: which of them have it, and which delete it.";
  static override examples = [
    '<%= config.bin %> layers who sha256:2f058285aba6',
    '<%= config.bin %> layers who /var/lib/docker/overlay2/26bdfc473627/diff/usr/bin/x',
    {
      description: 'which images ship it, and which build step brought it',
      command: '<%= config.bin %> layers who /usr/bin/curl',
    },
  ];
  static override args = {
    layer: string({
      required: true,
      description: 'A diffID or chainID, a path in the directory of a layer, or a path as a container sees it.',
    }),
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
    const query = Buffer.from(args.layer, 'utf8').toString('latin1');
    let found: readonly (FoundLayer | FileInLayer)[] = whoHas(view.stores, query);
    // Not the directory of a layer: then a path as containers see it.
    if (found.length === 0 && query.startsWith('/') && !isStored(flags)) {
      const [{ layersWithFile }, { liveHost }] = await Promise.all([
        import('../../src/cli/layer-search.ts'),
        import('../../src/host/live.ts'),
      ]);
      found = layersWithFile(liveHost(flags['host-root']), view.stores, query);
    }
    const document = layersWhoDocument(view.capture, args.layer, found);
    this.print(layersWhoLines(document, makeStyle(outputStyle(flags))));
    this.noteCoverage(document.coverage);
    return document;
  }
}
