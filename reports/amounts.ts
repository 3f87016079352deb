/** Amounts of resources, by what they count. */
import type { LimitUnit } from '../src/schema/limits-document.ts';
import { formatBytes, formatCount } from '../src/text/units.ts';

/** An amount for a person: `64 MiB`, `0.5 CPUs`, `1,024`. */
export function amountText(value: string, unit: LimitUnit): string {
  const amount = BigInt(value);
  switch (unit) {
    case 'usec/s':
      return cpusText(Number(amount) / 1_000_000);
    case 'bytes':
      return formatBytes(amount);
    case 'bytes/s':
      return `${formatBytes(amount)}/s`;
    case 'operations/s':
      return `${formatCount(amount)}/s`;
    case 'shares':
    case 'weight':
    case 'cpus':
    case 'tasks':
    case 'objects':
    case 'units':
    case 'files':
      return formatCount(amount);
  }
}

function cpusText(cpus: number): string {
  const rounded = cpus < 0.1 ? Number(cpus.toPrecision(2)) : Math.round(cpus * 100) / 100;
  return `${String(rounded)} CPU${rounded === 1 ? '' : 's'}`;
}
