/**
 * CRC-64 with the polynomial of ISO 3309, as Go's hash/crc64 computes it and tar-split writes it down. JavaScript has no
 * 64-bit integers that are fast: the register is two halves.
 */

/** Reversed: 0xD800000000000000 (hash/crc64, ISO). */
const POLYNOMIAL_HIGH = 0xd8000000;

const HIGH = new Int32Array(256);
const LOW = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const isSet = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high = isSet ? (high >>> 1) ^ POLYNOMIAL_HIGH : high >>> 1;
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}

/** A checksum that bytes are added to. */
export class Crc64 {
  #high = -1;
  #low = -1;

  update(bytes: Uint8Array): this {
    let [high, low] = [this.#high, this.#low];
    for (const byte of bytes) {
      const at = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (LOW[at] ?? 0);
      high = (high >>> 8) ^ (HIGH[at] ?? 0);
    }
    this.#high = high;
    this.#low = low;
    return this;
  }

  /** 16 hexadecimal digits, the highest byte first. */
  digest(): string {
    return [this.#high, this.#low].map((half) => (~half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
