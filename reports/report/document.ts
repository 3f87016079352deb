/** Puts a report together: its sections, what they found, and the document that `--json` prints. */
import type { FacetName } from '../../src/schema/capture.ts';
import { placeOf } from '../../src/model/boundaries.ts';
import { REPORT_SCHEMA, SEVERITIES } from '../../src/schema/report.ts';
import type { ReportBlock, ReportDocument, ReportFinding, ReportSection, ReportSide } from '../../src/schema/report.ts';
import { formatPlural } from '../../src/text/units.ts';
import { documentHead, hostIdOf } from '../head.ts';
import { processLabel, someOf } from './names.ts';
import type { Block, Content, Picture, Section } from './section.ts';
import type { World, WorldSide } from './world.ts';

/** A section with its blocks, whose pictures can be drawn. */
export interface BuiltSection extends Omit<ReportSection, 'blocks'> {
  readonly blocks: readonly Block[];
}

/** The report before it is written in a format. */
export interface Report {
  readonly world: World;
  readonly sections: readonly BuiltSection[];
  readonly findings: readonly ReportFinding[];
}

/** Lets each section look at the world. */
export function buildReport(world: World, sections: readonly Section[]): Report {
  const findings: ReportFinding[] = [];
  const built = sections.map((section): BuiltSection => {
    const { id, title, question } = section;
    const content = contentOf(section, world);
    if ('missing' in content) return { id, title, question, summary: content.missing, available: false, blocks: [] };
    for (const finding of content.findings) findings.push({ ...finding, section: id });
    return { id, title, question, summary: content.summary, available: true, blocks: content.blocks };
  });
  return { world, sections: built, findings: findings.sort(byWeight) };
}

function contentOf({ needs, contentOf: make }: Section, world: World): Content | { readonly missing: string } {
  const lacking = needs.filter((facet: FacetName) => world.capture[facet] === undefined);
  if (lacking.length > 0) return { missing: `${lacking.join(', ')}: not collected in ${world.facts.side.name}` };
  return make(world);
}

/** Sections come in their order: what else is equal stays in it. */
function byWeight(a: ReportFinding, b: ReportFinding): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.count - a.count;
}

/** All pictures of a section, those of choices too. */
export function picturesOf(blocks: readonly Block[]): Picture[] {
  return blocks.flatMap((block) =>
    block.kind === 'picture'
      ? [block]
      : block.kind === 'choice'
        ? block.options.flatMap((option) => picturesOf(option.blocks))
        : [],
  );
}

/** The document of a report. */
export function reportDocument({ world, sections, findings }: Report): ReportDocument {
  const { capture, facts } = world;
  const { tool, takenAt, host, coverage } = documentHead(REPORT_SCHEMA, capture);
  return {
    ...{ schema: REPORT_SCHEMA, tool, takenAt, host },
    coverage: { ...coverage, notes: [...coverage.notes, ...zombieNotes(world)] },
    side: sideOf(facts.side),
    before: facts.before === null ? null : sideOf(facts.before),
    redacted: facts.redacted,
    counts: {
      containers: capture.tasks === undefined ? 0 : world.containers.length,
      processes: coverage.processes,
      namespaces: capture.tasks === undefined || capture.namespaces === undefined ? 0 : world.namespaces.all.length,
      cgroups: capture.cgroups?.cgroups.length ?? 0,
    },
    findings,
    sections: sections.map((section) => ({ ...section, blocks: section.blocks.map(plain) })),
  };
}

/** Zombies have left their namespaces: where one was is not known, unless a thread of it lives. */
function zombieNotes({ capture }: World): string[] {
  const zombies = (capture.tasks?.processes ?? []).filter(
    (process) => (process.state === 'Z' || process.state === 'X') && placeOf(process).ns.every((inum) => inum === null),
  );
  if (zombies.length === 0) return [];
  const count = formatPlural(zombies.length, 'zombie');
  const [has, where] = zombies.length === 1 ? ['has left its', 'it was'] : ['have left their', 'they were'];
  return [`${count} ${has} namespaces, where ${where} is not known: ${someOf(zombies.map(processLabel))}`];
}

function sideOf({ name, capture, snapshot }: WorldSide): ReportSide {
  return { name, takenAt: capture.takenAt, host: hostIdOf(capture.host), snapshot };
}

/** The block without what draws it. */
function plain(block: Block): ReportBlock {
  if (block.kind === 'choice') {
    return { ...block, options: block.options.map(({ title, blocks }) => ({ title, blocks: blocks.map(plain) })) };
  }
  if (block.kind !== 'picture') return block;
  const { kind, name, title, description } = block;
  return { kind, name, title, description };
}
