/** The initramfs of a guest that does nothing: its first program, and the console that the kernel opens for it. */

/** What the guest prints when its first program runs. */
export const GUEST_UP = 'nsinspect-guest-up';

const BASE = 0x400000;
const ELF_HEADER = 64;
const PROGRAM_HEADER = 56;

/** write(1, word, length); then pause() for ever, in machine code for x86-64: no library, no shell, no dependence on what is installed. */
function program(): Buffer {
  const text = Buffer.from(`${GUEST_UP}\n`, 'latin1');
  const code = Buffer.from([
    ...[0xb8, 1, 0, 0, 0], //                        mov eax, 1    write
    ...[0xbf, 1, 0, 0, 0], //                        mov edi, 1
    ...[0x48, 0x8d, 0x35, 16, 0, 0, 0], //           lea rsi, [rip + 16]
    ...[0xba, text.length, 0, 0, 0], //              mov edx, length
    ...[0x0f, 0x05], //                              syscall
    ...[0xb8, 34, 0, 0, 0], //                       mov eax, 34   pause
    ...[0x0f, 0x05], //                              syscall
    ...[0xeb, 0xf7], //                              jmp to the mov
  ]);
  const size = ELF_HEADER + PROGRAM_HEADER + code.length + text.length;
  const head = Buffer.alloc(ELF_HEADER + PROGRAM_HEADER);
  // elf(5): 64 bits, little-endian, version 1; an executable for x86-64 with one program header.
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(62, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(BASE + head.length), 24);
  head.writeBigUInt64LE(BigInt(ELF_HEADER), 32);
  head.writeUInt16LE(ELF_HEADER, 52);
  head.writeUInt16LE(PROGRAM_HEADER, 54);
  head.writeUInt16LE(1, 56);
  // PT_LOAD, readable and executable, the whole file at BASE.
  head.writeUInt32LE(1, 64);
  head.writeUInt32LE(5, 68);
  head.writeBigUInt64LE(BigInt(BASE), 80);
  head.writeBigUInt64LE(BigInt(BASE), 88);
  head.writeBigUInt64LE(BigInt(size), 96);
  head.writeBigUInt64LE(BigInt(size), 104);
  head.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([head, code, text]);
}

/** The archive, in the format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst). */
export function guestArchive(): Buffer {
  let inode = 0;
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const entry = (name: string, mode: number, data: Buffer = Buffer.alloc(0), [major, minor] = [0, 0]): Buffer[] => {
    const fields = [++inode, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length + 1, 0];
    const header = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    return [padded(Buffer.from(`070701${header}${name}\0`, 'latin1')), padded(data)];
  };
  return Buffer.concat([
    ...entry('dev', 0o040755),
    // Without it the first program has no standard output (`console_on_rootfs`).
    ...entry('dev/console', 0o020600, undefined, [5, 1]),
    ...entry('init', 0o100755, program()),
    ...entry('TRAILER!!!', 0),
  ]);
}
