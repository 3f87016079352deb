import type { NsRef, NsType } from './namespace.ts';

/** Answer of `enter --dry-run`. */
export interface EnterDocument {
  readonly schema: 'nsinspect/enter/1';
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  /** The target in the words that name it without doubt. */
  readonly target: string;
  /** What would be entered. */
  readonly namespaces: readonly NsRef[];
  /** Of those that were asked for, the types in which the target is where nsinspect itself is. */
  readonly shared: readonly NsType[];
  /**
   * Who the command would be in the user namespace: `root` of it; `setuid`, its uid 0 with the groups of the caller; `keep`,
   * the caller as that namespace sees it. Null: no user namespace is entered.
   */
  readonly credentials: Credentials | null;
  /** Whether the root directory of the target would be taken over. */
  readonly root: boolean;
}

/** How credentials change on entering a user namespace. */
export type Credentials = 'root' | 'setuid' | 'keep';
