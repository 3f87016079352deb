/**
 * Version of what models make of facts. It is stored beside every derived row (src/cli/derive.ts), so that a query can tell what an
 * older nsinspect made of the same facts. It rises whenever a rule changes that decides which containers there are, who is in
 * them, or what binds them.
 */
export const MODEL_VERSION = 1;
