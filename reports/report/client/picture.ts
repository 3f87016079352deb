/** Pictures: the way of one thing through a picture is shown when it is pointed at, and a picture can be saved. */
import { button, save } from './data.ts';

/** `data-way` names the ways that an element is part of; the first is its own. */
const WAY = '[data-way]';

/** Lets the ways of this picture be seen. */
export function showWays(figure: HTMLElement): void {
  const svg = figure.querySelector('svg');
  const parts = [...(svg?.querySelectorAll(WAY) ?? [])].map((part) => ({
    part,
    ways: (part.getAttribute('data-way') ?? '').split(/\s+/),
  }));
  if (svg === null || parts.length === 0) return;
  let last: string | null = null;
  const show = (target: EventTarget | null): void => {
    const one = target instanceof Element ? target.closest(WAY) : null;
    const way = parts.find(({ part }) => part === one)?.ways[0] ?? null;
    if (way === last) return;
    last = way;
    svg.classList.toggle('way', way !== null);
    for (const { part, ways } of parts) part.classList.toggle('on', way !== null && ways.includes(way));
  };
  svg.addEventListener('pointerover', ({ target }) => show(target));
  svg.addEventListener('pointerleave', () =>
    show(svg.contains(document.activeElement) ? document.activeElement : null),
  );
  svg.addEventListener('focusin', ({ target }) => show(target));
  svg.addEventListener('focusout', () => show(null));
}

/** A button that saves the picture as a file of its own. */
export function offerSaving(figure: HTMLElement, style: string): void {
  const svg = figure.querySelector('svg');
  if (svg === null) return;
  const control = button('Save SVG', () => {
    const copy = svg.cloneNode(true) as SVGSVGElement;
    copy.classList.remove('way');
    const names = 'http://www.w3.org/2000/svg';
    const rules = document.createElementNS(names, 'style');
    rules.textContent = style;
    const ground = document.createElementNS(names, 'rect');
    ground.setAttribute('class', 'f-ground');
    ground.setAttribute('width', svg.getAttribute('width') ?? '');
    ground.setAttribute('height', svg.getAttribute('height') ?? '');
    copy.querySelector('desc')?.after(rules, ground);
    save(`${figure.dataset['file'] ?? 'picture'}.svg`, 'image/svg+xml', new XMLSerializer().serializeToString(copy));
  });
  control.className = 'save';
  figure.querySelector('figcaption')?.append(control);
}
