/** What a report looks at, of captures that a test has. */
import { World } from '../../reports/report/world.ts';
import type { WorldFacts, WorldSide } from '../../reports/report/world.ts';
import type { Capture } from '../../src/schema/capture.ts';

/** The world of a capture, and of what else is given. */
export function worldOf(capture: Capture, more: Partial<WorldFacts> = {}): World {
  return new World({ side: sideOf(capture), before: null, timeline: [], bench: [], redacted: false, ...more });
}

/** A world with a capture from before. */
export function worldOfPair(before: Capture, after: Capture, more: Partial<WorldFacts> = {}): World {
  return worldOf(after, { side: sideOf(after, 'after.nsc'), before: sideOf(before, 'before.nsc'), ...more });
}

function sideOf(capture: Capture, name = 'made'): WorldSide {
  return { name, capture, snapshot: null };
}
