/** Several views of one thing as tabs (WAI-ARIA Authoring Practices, Tabs pattern). Without script all are shown. */

/** Makes tabs of the panels of one choice. */
export function tabsOf(choice: HTMLElement): void {
  const panels = [...choice.querySelectorAll<HTMLElement>(':scope > .panel')];
  if (panels.length < 2) return;
  const list = document.createElement('div');
  list.setAttribute('role', 'tablist');
  const tabs = panels.map((panel) => {
    const title = panel.querySelector(':scope > .panel-title')?.textContent ?? '';
    const tab = document.createElement('button');
    tab.type = 'button';
    tab.id = `${panel.id}-tab`;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', panel.id);
    tab.append(title);
    tab.addEventListener('click', () => choose(panel));
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
    return tab;
  });
  list.setAttribute(
    'aria-label',
    choice.closest('section')?.querySelector('h2')?.firstChild?.textContent?.trim() ?? '',
  );
  list.append(...tabs);
  list.addEventListener('keydown', (event) => {
    const at = tabs.indexOf(event.target as HTMLButtonElement);
    const last = tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    const [panel, tab] = [panels[next ?? -1], tabs[next ?? -1]];
    if (panel === undefined || tab === undefined) return;
    event.preventDefault();
    choose(panel);
    tab.focus();
  });
  choice.prepend(list);
  const first = panels[0];
  if (first !== undefined) choose(first);
}

/** Shows this panel, and no other of its choice. */
export function choose(panel: HTMLElement): void {
  for (const other of panel.parentElement?.querySelectorAll(':scope > .panel') ?? []) {
    const isChosen = other === panel;
    other.classList.toggle('chosen', isChosen);
    const tab = document.getElementById(`${other.id}-tab`);
    tab?.setAttribute('aria-selected', String(isChosen));
    tab?.setAttribute('tabindex', isChosen ? '0' : '-1');
  }
}
