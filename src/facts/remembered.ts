/**
 * What was last made of the body of a fact. Whoever gives the same body again gets the same object again, unless what it holds
 * of its surroundings (an index, a state) is another: two captures of one history can be compared by identity first.
 */
export const remembered = new WeakMap<object, object>();
