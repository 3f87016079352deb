/** What the page carries for its script. */
import type { PackedData } from '../packed.ts';

/** The element; the page has it. */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/** The bytes in one of the page's blocks of base64. */
export function bytesIn(id: string): Uint8Array<ArrayBuffer> {
  const binary = atob(element(id).textContent.trim());
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** All rows and nodes, those that are not shown, too. */
export async function loadData(): Promise<PackedData> {
  const stream = new Blob([bytesIn('data')]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as PackedData;
}

/** Hands a file to the reader. */
export function save(name: string, type: string, content: BlobPart): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A button of the page's controls. */
export function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.addEventListener('click', onClick);
  return made;
}
