import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

import { ROOT } from './cli.ts';

const SCHEMAS = path.join(ROOT, 'docs/schema');

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });

/**
 * Expects a document to be what its own `schema` says: `nsinspect/error/1` is described by docs/schema/error-1.json.
 * Every failure of it is shown, with the place in the document.
 */
export function expectDocument(document: unknown): void {
  const name = (document as { readonly schema?: unknown } | null)?.schema;
  const [, kind, version] = /^nsinspect\/([a-z-]+)\/(\d+)$/.exec(String(name)) ?? [];
  if (kind === undefined || version === undefined) throw new Error(`not the schema of a document: ${String(name)}`);
  expect(problemsOf(document, `${kind}-${version}.json`)).toEqual([]);
}

/** What of a document is not as that file of docs/schema demands. */
export function problemsOf(document: unknown, file: string): string[] {
  const validate = ajv.getSchema(file);
  if (validate === undefined) throw new Error(`no docs/schema/${file}`);
  void validate(document);
  const problems = validate.errors?.map(({ instancePath, message, params }) => {
    const { additionalProperty } = params as { readonly additionalProperty?: string };
    return `${instancePath}: ${message}${additionalProperty === undefined ? '' : ` ${additionalProperty}`}`;
  });
  return [...new Set(problems)];
}

/** The files of docs/schema. */
export const SCHEMA_FILES: readonly string[] = readdirSync(SCHEMAS).filter((file) => file.endsWith('.json'));

// All at once: they refer to each other by their names.
for (const file of SCHEMA_FILES) {
  ajv.addSchema(JSON.parse(readFileSync(path.join(SCHEMAS, file), 'utf8')) as object, file);
}
