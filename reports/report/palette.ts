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

const NAMES = Object.keys(LIGHT) as readonly Colour[];

/** Rules of the classes that pictures use: `f-own` fills with a colour, `s-own` strokes with it. */
function colourRules(valueOf: (name: Colour) => string): string {
  return NAMES.map((name) => `.f-${name}{fill:${valueOf(name)}}.s-${name}{stroke:${valueOf(name)};fill:none}`).join('');
}

/** Text of pictures: `m` is monospaced, `b` bold, `i` slanted, `q` smaller. */
function textRules(colour: string): string {
  return `text{font:12px system-ui,sans-serif;fill:${colour}}.m{font-family:ui-monospace,monospace}.b{font-weight:600}.i{font-style:italic}.q{font-size:11px}`;
}

/** The style of a picture that is a file of its own; not every program that shows one knows variables. */
export function pictureStyle(): string {
  const dark = `text{fill:${DARK.text}}${colourRules((name) => DARK[name])}`;
  return `${textRules(LIGHT.text)}${colourRules((name) => LIGHT[name])}@media(prefers-color-scheme:dark){${dark}}`;
}

/** The colours of a page as variables, light and dark, by what the reader's system prefers or by choice, and its pictures' classes. */
export function pageColours(): string {
  const variables = (colours: Readonly<Record<Colour, string>>): string =>
    NAMES.map((name) => `--${name}:${colours[name]};`).join('');
  const light = `color-scheme:light;${variables(LIGHT)}`;
  const dark = `color-scheme:dark;${variables(DARK)}`;
  const text = NAMES.map((name) => `.c-${name}{color:var(--${name})}`).join('');
  return [
    `:root{${light}}@media(prefers-color-scheme:dark){:root{${dark}}}`,
    `:root[data-theme=light]{${light}}:root[data-theme=dark]{${dark}}`,
    `@media print{:root:root{${light}}}`,
    textRules('var(--text)'),
    colourRules((name) => `var(--${name})`),
    text,
  ].join('');
}
