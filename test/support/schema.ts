import { readFileSync } from 'node:fs';
import path from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

import { ROOT } from './cli.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });

/**
 * Expects a document to be what its own `schema` says: `nsinspect/error/1` is described by docs/schema/error-1.json.
 * Every failure of it is shown, with the place in the document.
 */
export function expectDocument(document: unknown): void {
  const name = (document as { readonly schema?: unknown } | null)?.schema;
  const [, kind, version] = /^nsinspect\/([a-z-]+)\/(\d+)$/.exec(String(name)) ?? [];
  if (kind === undefined || version === undefined) throw new Error(`not the schema of a document: ${String(name)}`);
  const file = path.join(ROOT, `docs/schema/${kind}-${version}.json`);
  const validate = ajv.getSchema(file) ?? ajv.addSchema(schemaIn(file), file).getSchema(file)!;
  void validate(document);
  expect(validate.errors?.map(({ instancePath, message }) => `${instancePath}: ${message}`) ?? []).toEqual([]);
}

function schemaIn(file: string): object {
  return JSON.parse(readFileSync(file, 'utf8')) as object;
}
