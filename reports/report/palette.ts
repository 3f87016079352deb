/**
 * Colours of pages and pictures, light and dark, by what they mean. Signs stand beside them: nothing is told by colour alone.
 * Contrast of text against its ground is at least 4.5:1 (WCAG 2.2, 1.4.3).
 */
export const LIGHT = {
  ground: '#ffffff',
  raised: '#f4f6f8',
  text: '#1b1f24',
  quiet: '#57606a',
  line: '#c9d1d9',
  link: '#0a58ca',
  own: '#1a7f37',
  shared: '#8a5a00',
  host: '#b42318',
  near: '#8a5a00',
  over: '#b42318',
  added: '#1a7f37',
  removed: '#b42318',
  altered: '#6639ba',
  unknown: '#57606a',
} as const;

/** As {@link LIGHT}, on a dark ground. */
export const DARK: Readonly<Record<keyof typeof LIGHT, string>> = {
  ground: '#0f1419',
  raised: '#1a2129',
  text: '#e6edf3',
  quiet: '#9aa7b4',
  line: '#39434e',
  link: '#79b8ff',
  own: '#56d364',
  shared: '#e3b341',
  host: '#ff8f87',
  near: '#e3b341',
  over: '#ff8f87',
  added: '#56d364',
  removed: '#ff8f87',
  altered: '#c69cff',
  unknown: '#9aa7b4',
};

/** One of the colours. */
export type Colour = keyof typeof LIGHT;

/** Classes that pictures use: `f-own` fills with a colour, `s-own` strokes with it, `m` is monospaced text, `b` bold, `i` slanted, `q` smaller. */
export function pictureStyle(): string {
  const rules = (colours: Readonly<Record<Colour, string>>): string =>
    Object.entries(colours)
      .map(([name, value]) => `.f-${name}{fill:${value}}.s-${name}{stroke:${value};fill:none}`)
      .join('');
  return `text{font:12px system-ui,sans-serif;fill:${LIGHT.text}}.m{font-family:ui-monospace,monospace}.b{font-weight:600}.i{font-style:italic}.q{font-size:11px}${rules(LIGHT)}@media(prefers-color-scheme:dark){text{fill:${DARK.text}}${rules(DARK)}}`;
}
