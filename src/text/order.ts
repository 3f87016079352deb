/** The order of texts, the same on every machine: by the numbers of their UTF-16 units, and by no locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
