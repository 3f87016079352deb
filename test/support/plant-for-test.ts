/** Planting for the time of one test. */
import type { TestContext } from 'vitest';

import { plant, PlantUnsupported, type Planted } from './plant.ts';

/** Puts a scenario up until the test ends. What this kernel does not offer skips the test and says so. */
export async function plantFor(context: TestContext, scenario: string, ...args: readonly number[]): Promise<Planted> {
  try {
    const planted = await plant(scenario, ...args);
    context.onTestFinished(async () => {
      await planted.stop();
    });
    return planted;
  } catch (error) {
    if (error instanceof PlantUnsupported && process.env['NSINSPECT_TEST_REQUIRE'] !== 'all') {
      context.skip(`this kernel lacks what it needs: ${error.message}`);
    }
    throw error;
  }
}
