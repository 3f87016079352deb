/**
 * The script of the report's page. It adds what a document alone cannot do: search, sorting, the rows and nodes that are not
 * written out, links to them, ways through pictures, tabs, a choice of light or dark. It asks no network for anything.
 */
import { tabsOf } from './choice.ts';
import { bytesIn, element, loadData, save } from './data.ts';
import { Links } from './links.ts';
import { offerSaving, showWays } from './picture.ts';
import { Search } from './search.ts';
import { TableView } from './table.ts';
import { TreeView } from './tree.ts';

// Before anything is painted: what the script will take away need not be seen first.
document.documentElement.classList.add('js');

/** Light or dark as the reader says; nothing is kept when the page is closed. */
function offerTheme(): void {
  const control = element('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  const { dataset } = document.documentElement;
  const isDark = (): boolean => (dataset['theme'] === undefined ? system.matches : dataset['theme'] === 'dark');
  const tell = (): void => {
    control.textContent = isDark() ? 'Light' : 'Dark';
    control.title = `Show the page in ${isDark() ? 'light' : 'dark'} colours`;
  };
  control.addEventListener('click', () => {
    dataset['theme'] = isDark() ? 'light' : 'dark';
    tell();
  });
  system.addEventListener('change', tell);
  control.hidden = false;
  tell();
}

/** On paper nothing can be unfolded: what is folded beside a text is shown. Trees stay as the reader left them. */
function unfoldForPrint(): void {
  let unfolded: HTMLDetailsElement[] = [];
  window.addEventListener('beforeprint', () => {
    unfolded = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open], [data-node])')];
    for (const details of unfolded) details.open = true;
  });
  window.addEventListener('afterprint', () => {
    for (const details of unfolded) details.open = false;
  });
}

function offerCapture(): void {
  const control = document.getElementById('save-raw');
  if (control === null || document.getElementById('raw') === null) return;
  control.addEventListener('click', () =>
    save(control.dataset['name'] ?? 'capture.nsc', 'application/gzip', bytesIn('raw')),
  );
  control.hidden = false;
}

async function start(): Promise<void> {
  offerTheme();
  unfoldForPrint();
  offerCapture();
  for (const choice of document.querySelectorAll<HTMLElement>('.choice')) tabsOf(choice);
  const figures = [...document.querySelectorAll<HTMLElement>('figure.picture')];
  for (const figure of figures) showWays(figure);
  const data = await loadData();
  const views = [...data.tables.map((table) => new TableView(table)), ...data.trees.map((tree) => new TreeView(tree))];
  for (const figure of figures) offerSaving(figure, data.pictureStyle);
  const search = new Search(views);
  search.start();
  new Links(data, views, () => search.clear()).start();
  document.querySelector('.keys')?.removeAttribute('hidden');
  // Tests, and whoever automates the page, know by it that everything is there.
  document.documentElement.dataset['ready'] = '';
}

document.addEventListener('DOMContentLoaded', () => {
  start().catch((error: unknown) => {
    // The document itself is whole: only what the script adds is missing, and the console says why.
    reportError(error);
  });
});
