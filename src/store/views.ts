/** The views of the store: each list of a capture as a table, in any snapshot (`…_at`) and in the newest. */

/**
 * Rows that hold: in every snapshot, for a query that says which, and in the newest. The newest snapshot of all is that of its
 * chain, in which hold the rows that have not ended.
 */
const rows = (table: string, columns: string, plural = `${table}s`): string => {
  const listed = columns
    .split(', ')
    .map((column) => `t.${column}`)
    .join(', ');
  return `
  CREATE VIEW ${plural}_at AS
    SELECT s.id AS snapshot, ${listed}, t.first, t.last
    FROM snapshot AS s CROSS JOIN ${table} AS t
    WHERE t.chain = s.chain AND t.last IS NULL AND t.first <= s.id
    UNION ALL
    SELECT s.id, ${listed}, t.first, t.last
    FROM snapshot AS s CROSS JOIN span CROSS JOIN ${table} AS t
    WHERE t.chain = s.chain AND t.level = span.level
      AND t.last >= s.id AND t.last < s.id + span.length AND t.first <= s.id;
  CREATE VIEW ${plural}_newest AS
    SELECT c.head AS snapshot, ${listed}, t.first, t.last
    FROM chain AS c CROSS JOIN ${table} AS t
    WHERE c.head = (SELECT max(id) FROM snapshot) AND t.chain = c.id AND t.last IS NULL;`;
};

/** A column: its name, and the expression that it is of the row `f`. */
type Column = string | readonly [name: string, expression: string];

const json = (name: string, path: string = name): Column => [name, `f.body ->> '$.${path}'`];

/** Names that are not valid UTF-8 are objects: their rendering. */
const name = (column: string, path: string = column): Column => [column, nameAt('f.body', path)];

const nameAt = (body: string, path: string): string =>
  `coalesce(${body} ->> '$.${path}.text', ${body} ->> '$.${path}')`;

interface View {
  readonly view: string;
  readonly kind: string;
  readonly columns: readonly Column[];
  /** Further sources of rows. */
  readonly from?: string;
}

const link = (column: string, index: number): Column => [column, `f.body ->> '$.ns[${index}]'`];

const VIEWS: readonly View[] = [
  {
    view: 'tasks',
    kind: 'task',
    columns: [
      json('pid'),
      json('ppid'),
      json('start'),
      name('comm'),
      json('kthread'),
      json('threads'),
      ...['user_ns', 'mnt_ns', 'pid_ns', 'net_ns', 'ipc_ns', 'uts_ns', 'cgroup_ns', 'time_ns'].map(link),
      ['rights', `f.body ->> '$.detail.status.rights'`],
      ['membership', `f.body ->> '$.cgroup'`],
      [
        'argv',
        `(SELECT group_concat(iif(type = 'object', value ->> '$.text', value), ' ') FROM json_each(f.body, '$.detail.argv'))`,
      ],
    ],
  },
  {
    view: 'rights',
    kind: 'rights',
    columns: [
      ['rights', 'f.key'],
      json('uid', 'uids[1]'),
      json('gid', 'gids[1]'),
      json('cap_eff', 'capEff'),
      json('cap_bnd', 'capBnd'),
      json('no_new_privs', 'noNewPrivs'),
      json('seccomp'),
    ],
  },
  {
    view: 'memberships',
    kind: 'membership',
    columns: [
      ['membership', 'f.key'],
      ['hierarchy', `line.value ->> '$.hierarchy'`],
      ['controllers', `(SELECT group_concat(value) FROM json_each(line.value, '$.controllers'))`],
      ['path', nameAt('line.value', 'path')],
    ],
    from: 'json_each(f.body) AS line',
  },
  {
    view: 'namespaces',
    kind: 'namespace',
    columns: [
      json('type'),
      json('inum'),
      ['ns_id', `f.body ->> '$.id'`],
      json('parent'),
      json('owner'),
      json('owner_uid', 'ownerUid'),
      json('initial'),
    ],
  },
  {
    view: 'cgroups',
    kind: 'cgroup',
    columns: [
      json('hierarchy'),
      json('inode'),
      name('path'),
      json('parent'),
      json('uid'),
      ['files', `f.body -> '$.files'`],
    ],
  },
  {
    view: 'mounts',
    kind: 'mount_table',
    columns: [
      ['mntns', `f.body ->> '$.mntns'`],
      ['mount_id', `m.value ->> '$.id'`],
      ['parent_id', `m.value ->> '$.parent'`],
      ['unique_id', `m.value ->> '$.uniqueId'`],
      ['dev', `m.value ->> '$.dev'`],
      ['root', nameAt('m.value', 'root')],
      ['path', nameAt('m.value', 'path')],
      ['fs_type', nameAt('m.value', 'fsType')],
      ['source', nameAt('m.value', 'source')],
      ['options', `m.value -> '$.options'`],
      ['super_options', `m.value -> '$.superOptions'`],
      ['propagation', `m.value -> '$.propagation'`],
    ],
    from: `json_each(f.body, '$.mounts') AS m`,
  },
  {
    view: 'engine_containers',
    kind: 'engine_container',
    columns: [
      json('engine'),
      ['container', `f.body ->> '$.id'`],
      name('name'),
      name('image'),
      json('pid'),
      json('created_at', 'createdAt'),
      json('started_at', 'startedAt'),
      ['labels', `f.body -> '$.labels'`],
      name('source'),
    ],
  },
  {
    view: 'layers',
    kind: 'layer',
    columns: [
      json('store'),
      ['layer', `f.body ->> '$.item.key'`],
      json('parent', 'item.parent'),
      json('role', 'item.role'),
      json('diff_id', 'item.diffId'),
      json('bytes', 'item.bytes'),
    ],
  },
  {
    view: 'images',
    kind: 'layer_image',
    columns: [json('store'), ['image', `f.body ->> '$.item.id'`], ['tags', `f.body -> '$.item.tags'`]],
  },
  {
    view: 'process_limits',
    kind: 'process_limits',
    columns: [
      json('pid'),
      ['resource', 'r.key'],
      ['soft', `r.value ->> '$.soft'`],
      ['hard', `r.value ->> '$.hard'`],
      ['unit', `r.value ->> '$.unit'`],
    ],
    from: `json_each(f.body, '$.rlimits') AS r`,
  },
];

function viewsOf(view: string, columns: readonly Column[], source: (moment: 'at' | 'newest') => string): string {
  const listed = columns.map((column) => (typeof column === 'string' ? column : `${column[1]} AS ${column[0]}`));
  const select = `SELECT f.snapshot, f.key, ${listed.join(', ')}, f.first, f.last FROM`;
  return `
  CREATE VIEW ${view}_at AS ${select} ${source('at')};
  CREATE VIEW ${view} AS ${select} ${source('newest')};`;
}

/** SQL that makes the views. */
export const CREATE_VIEWS = [
  rows('fact', 'kind, key, rank, body'),
  rows('sample', 'key, shape, numbers'),
  rows('derived', 'model, kind, key, body', 'derived'),
  ...VIEWS.map(({ view, kind, columns, from }) =>
    viewsOf(
      view,
      columns,
      (moment) => `facts_${moment} AS f${from === undefined ? '' : ` CROSS JOIN ${from}`} WHERE f.kind = '${kind}'`,
    ),
  ),
  viewsOf(
    'cgroup_samples',
    [
      ['name', 'n.value'],
      ['value', `f.numbers ->> ('$[' || n.key || ']')`],
    ],
    (moment) => `samples_${moment} AS f JOIN shape ON shape.id = f.shape CROSS JOIN json_each(shape.names) AS n`,
  ),
  viewsOf(
    'containers',
    ['f.model', json('engine'), name('name'), name('image'), json('leader'), 'f.body'],
    (moment) => `derived_${moment} AS f WHERE f.kind = 'container'`,
  ),
  viewsOf(
    'members',
    ['f.model', ['leader', 'CAST(f.key AS INTEGER)'], ['pid', 'm.value']],
    (moment) => `derived_${moment} AS f CROSS JOIN json_each(f.body) AS m WHERE f.kind = 'member'`,
  ),
  viewsOf('limits', ['f.model', 'f.body'], (moment) => `derived_${moment} AS f WHERE f.kind = 'limit'`),
].join('\n');
