import { printable } from '../text/printable.ts';

/**
 * The only way in which something gets into the page. Clients wrote much of it: whatever is a string here
 * becomes text and never markup, and marks that would turn the order of what stands there are shown.
 */
type Child = Node | string;

interface Properties {
  readonly class?: string;
  readonly title?: string;
  /** By which the focus is found again after an update. */
  readonly key?: string;
  readonly pressed?: boolean;
  readonly sorted?: 'ascending' | 'descending';
  readonly scope?: 'col' | 'row';
  /** Its name: it may be wider than the page, and takes the focus. */
  readonly scrolls?: string;
  readonly onClick?: () => void;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  const { onClick, title, key, pressed, sorted, scope } = properties;
  if (properties.class !== undefined) made.className = properties.class;
  if (title !== undefined) made.title = title;
  if (key !== undefined) made.dataset['key'] = key;
  if (pressed !== undefined) made.ariaPressed = String(pressed);
  if (sorted !== undefined) made.ariaSort = sorted;
  if (properties.scrolls !== undefined) {
    made.tabIndex = 0;
    made.role = 'group';
    made.ariaLabel = properties.scrolls;
    made.dataset['key'] = properties.scrolls;
  }
  if (scope !== undefined) made.setAttribute('scope', scope);
  if (onClick !== undefined) made.addEventListener('click', onClick);
  made.append(...children.map((child) => (typeof child === 'string' ? printable(child) : child)));
  return made;
}

export function drawing(
  name: 'svg' | 'polyline' | 'rect',
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Node[]
): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Throws where the document has no such place, which is a fault of ours. */
export function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the document has no #${id}`);
  return found;
}

/** Puts something else there; whoever is at one of its buttons by keyboard stays there. */
export function show(id: string, ...children: readonly Node[]): void {
  const active = document.activeElement;
  const key = active instanceof HTMLElement ? active.dataset['key'] : undefined;
  const at = place(id);
  at.replaceChildren(...children);
  if (key === undefined || document.activeElement === active) return;
  for (const one of at.querySelectorAll<HTMLElement>('[data-key]'))
    if (one.dataset['key'] === key) return one.focus();
}
