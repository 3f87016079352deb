/** x */
export function removeContainersOf(_directory: string): string[] {
  return [];
}
