/**
 * Checks a value against a JSON Schema, as far as the schemas of docs/schema go: enough of draft 2020-12 that the published
 * schema of a capture itself decides what is read, and little enough to be read in one go. Members that a schema does not
 * name are let pass whatever it says of them: a later version may have added them.
 */

/** What is wrong, and the members and indexes that lead to it. */
export interface Problem {
  readonly where: readonly (string | number)[];
  readonly what: string;
}

/** Members of a forged file can be called anything. */
const LONGEST_MEMBER = 40;

/** The place in the document as a person reads it: `results[3].metrics[0].name`. */
export function placeText(where: readonly (string | number)[]): string {
  const steps = where.map((step) =>
    typeof step === 'number' ? `[${String(step)}]` : `.${step.slice(0, LONGEST_MEMBER)}`,
  );
  return steps.length === 0 ? 'the document' : steps.join('').replace(/^\./, '');
}

/** Null: the value is what the schema says. */
export type Check = (value: unknown) => Problem | null;

/** A schema as it was read. */
type Schema = boolean | Readonly<Record<string, unknown>>;

/** A file of docs/schema. */
type SchemaFile = Readonly<Record<string, unknown>> & { readonly $defs: Readonly<Record<string, unknown>> };

/** Finds the schema that a `$ref` names. */
type Resolve = (ref: string) => Check;

/** Keywords that only explain, or that are of no concern to who reads (see above). */
const WITHOUT_CHECK = new Set(['$schema', '$defs', 'title', 'description', 'additionalProperties', 'propertyNames']);

/** Makes the check of one keyword from its value and the schema around it. */
type Keyword = (value: never, compile: (schema: Schema) => Check, resolve: Resolve) => Check;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  // What is larger has lost its last digits already.
  integer: Number.isSafeInteger,
  null: (value) => value === null,
};

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $ref: (ref: string, _compile, resolve) => resolve(ref),
  type: (types: string | readonly string[]) => {
    const names = [types].flat();
    const tests = names.map((name) => TYPES[name] ?? unknownWord(name));
    const wrong = problem(`must be ${names.join(' or ')}`);
    const [only, ...more] = tests;
    if (only !== undefined && more.length === 0) return (value) => (only(value) ? null : wrong);
    return (value) => (tests.some((test) => test(value)) ? null : wrong);
  },
  const: (expected: unknown) => {
    const wrong = problem(`must be ${JSON.stringify(expected)}`);
    return (value) => (value === expected ? null : wrong);
  },
  enum: (allowed: readonly unknown[]) => {
    const known = new Set(allowed);
    const wrong = problem(`must be one of ${allowed.map(String).join(', ')}`);
    return (value) => (known.has(value) ? null : wrong);
  },
  pattern: (source: string) => {
    const pattern = new RegExp(source, 'u');
    const wrong = problem('is not of the form that it must have');
    return (value) => (typeof value !== 'string' || pattern.test(value) ? null : wrong);
  },
  minLength: (least: number) => atLeast(least, (value) => (typeof value === 'string' ? value.length : null)),
  minimum: (least: number) => atLeast(least, (value) => (typeof value === 'number' ? value : null)),
  maximum: (most: number) => {
    const wrong = problem(`must be at most ${String(most)}`);
    return (value) => (typeof value !== 'number' || value <= most ? null : wrong);
  },
  minItems: (least: number) => atLeast(least, (value) => (Array.isArray(value) ? value.length : null)),
  maxItems: (most: number) => {
    const wrong = problem(`must have at most ${String(most)} entries`);
    return (value) => (!Array.isArray(value) || value.length <= most ? null : wrong);
  },
  uniqueItems: (wanted: boolean) => {
    const wrong = problem('has an entry twice');
    return (value) => (!wanted || !Array.isArray(value) || new Set(value).size === value.length ? null : wrong);
  },
  minProperties: (least: number) => atLeast(least, (value) => (isObject(value) ? Object.keys(value).length : null)),
  required: (names: readonly string[]) => {
    const missing = new Map(names.map((name) => [name, problem(`lacks ${name}`)]));
    return (value) => {
      if (!isObject(value)) return null;
      for (const name of names) if (value[name] === undefined) return missing.get(name) ?? null;
      return null;
    };
  },
  properties: (schemas: Readonly<Record<string, Schema>>, compile) => {
    const checks = Object.entries(schemas).map(([name, schema]) => [name, compile(schema)] as const);
    return (value) => {
      if (!isObject(value)) return null;
      for (const [name, check] of checks) {
        const member = value[name];
        const wrong = member === undefined ? null : check(member);
        if (wrong !== null) return below(name, wrong);
      }
      return null;
    };
  },
  items: (schema: Schema, compile) => {
    // `false` closes what prefixItems lists; entries that were added there harm nobody.
    if (schema === false) return () => null;
    const check = compile(schema);
    return (value) => {
      if (!Array.isArray(value)) return null;
      for (let i = 0; i < value.length; i++) {
        const wrong = check(value[i]);
        if (wrong !== null) return below(i, wrong);
      }
      return null;
    };
  },
  prefixItems: (schemas: readonly Schema[], compile) => {
    const checks = schemas.map(compile);
    return (value) => {
      if (!Array.isArray(value)) return null;
      for (const [i, check] of checks.entries()) {
        const wrong = i < value.length ? check(value[i]) : null;
        if (wrong !== null) return below(i, wrong);
      }
      return null;
    };
  },
  allOf: (schemas: readonly Schema[], compile) => all(schemas.map(compile)),
  anyOf: anyOf,
  // That no second one fits as well is of no concern to who reads.
  oneOf: anyOf,
};

/** The check that the file called `''` describes; others, by their names, are what it and they refer to (`common.json#/$defs/x`). */
export function compileFiles(files: Readonly<Record<string, SchemaFile>>): Check {
  const cache = new Map<string, Check>();
  const resolveFrom =
    (from: string): Resolve =>
    (ref) => {
      const [, file = '', name = ''] = /^([a-z.]*)#\/\$defs\/(\w+)$/.exec(ref) ?? [];
      const place = file === '' ? from : file;
      const schema = files[place]?.$defs[name];
      if (schema === undefined) throw new Error(`no such schema: ${ref}`);
      const key = `${place}#${name}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const check = compileSchema(schema as Schema, resolveFrom(place));
      cache.set(key, check);
      return check;
    };
  return compileSchema(files[''] as Schema, resolveFrom(''));
}

/** The check that a schema describes. Throws on a keyword that is not known here: nothing is passed over in silence. */
function compileSchema(schema: Schema, resolve: Resolve): Check {
  if (schema === true) return () => null;
  if (schema === false) return () => problem('must not be there');
  const compile = (inner: Schema): Check => compileSchema(inner, resolve);
  const checks = Object.entries(schema)
    .filter(([keyword]) => !WITHOUT_CHECK.has(keyword))
    .map(([keyword, value]) => (KEYWORDS[keyword] ?? unknownWord(keyword))(value as never, compile, resolve));
  // As in a map, whose members the schema cannot name.
  const { additionalProperties: rest, properties } = schema;
  if (typeof rest === 'object' && rest !== null && properties === undefined)
    checks.push(values(compile(rest as Schema)));
  return all(checks);
}

/** Each member, whatever it is called. */
function values(check: Check): Check {
  return (value) => {
    if (!isObject(value)) return null;
    for (const name of Object.keys(value)) {
      const wrong = check(value[name]);
      if (wrong !== null) return below(name, wrong);
    }
    return null;
  };
}

function all(checks: readonly Check[]): Check {
  const [only, ...more] = checks;
  if (only !== undefined && more.length === 0) return only;
  return (value) => {
    for (const check of checks) {
      const wrong = check(value);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

function anyOf(schemas: readonly Schema[], compile: (schema: Schema) => Check): Check {
  const byKind = alternativesByKind(schemas, compile);
  if (byKind !== null) return byKind;
  const checks = schemas.map(compile);
  return (value) => {
    let nearest: Problem | null = null;
    for (const check of checks) {
      const wrong = check(value);
      if (wrong === null) return null;
      if (nearest === null || wrong.where.length > nearest.where.length) nearest = wrong;
    }
    return nearest;
  };
}

/** Alternatives that their member `kind` tells apart: no other need be looked at, and what is wrong is wrong with that one. */
function alternativesByKind(schemas: readonly Schema[], compile: (schema: Schema) => Check): Check | null {
  const byKind = new Map<unknown, Check>();
  for (const schema of schemas) {
    const { properties } = schema as { readonly properties?: { readonly kind?: { readonly const?: unknown } } };
    const kind = properties?.kind?.const;
    if (kind === undefined) return null;
    byKind.set(kind, compile(schema));
  }
  const isNone = problem(`must be one of ${[...byKind.keys()].map(String).join(', ')}`);
  const noObject = problem('must be object');
  return (value) => {
    if (!isObject(value)) return noObject;
    const check = byKind.get(value['kind']);
    return check === undefined ? below('kind', isNone) : check(value);
  };
}

function atLeast(least: number, measure: (value: unknown) => number | null): Check {
  const wrong = problem(`must be at least ${String(least)}`);
  return (value) => {
    const size = measure(value);
    return size === null || size >= least ? null : wrong;
  };
}

function problem(what: string): Problem {
  return { where: [], what };
}

function below(name: string | number, { where, what }: Problem): Problem {
  return { where: [name, ...where], what };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownWord(word: string): never {
  throw new Error(`not a word of the schemas that is known here: ${word}`);
}
