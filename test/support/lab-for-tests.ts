import { afterAll, beforeAll, expect } from 'vitest';

import { Lab, labsLeft } from './daemons.ts';

/** Puts up a lab for the tests of one group, and sees that nothing of it is left after them. */
export function useLab(setUp: (lab: Lab) => Promise<void>): { readonly lab: Lab } {
  const place: { lab: Lab } = { lab: undefined as unknown as Lab };
  beforeAll(async () => {
    place.lab = await Lab.start();
    await setUp(place.lab);
  });
  afterAll(async () => {
    await place.lab.stop();
    expect(labsLeft()).not.toContain(place.lab.tag);
  });
  return place;
}
