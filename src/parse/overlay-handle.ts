import type { ByteString } from '../text/bytes.ts';

/** What overlayfs calls a file of one of its layers. */
export interface OverlayHandle {
  /** Type and bytes of the handle that the layer's own file system has for it, hexadecimal. */
  readonly real: string;
  /** It lies in the upper layer; else in a lower one. */
  readonly isUpper: boolean;
}

/** Offsets in struct ovl_fb (fs/overlayfs/overlayfs.h): u8 version, magic, len, flags, type; u8 uuid[16]; the handle's bytes. */
const FB = { magic: 1, length: 2, flags: 3, type: 4, handle: 21 } as const;
const OVL_FH_MAGIC = 0xfb;
const OVL_FH_FLAG_PATH_UPPER = 1 << 2;

/**
 * Reads a struct ovl_fb: the value of an `origin`, or, from its fourth byte on, what name_to_handle_at(2) gives for a file of an overlay
 * (struct ovl_fh), which may be longer than the length in it says. Null: none, or an empty one, as is left where the lower file system
 * has no handles.
 */
export function parseOverlayHandle(value: ByteString): OverlayHandle | null {
  const bytes = Buffer.from(value, 'latin1');
  const length = bytes[FB.length] ?? 0;
  if (length <= FB.handle || length > bytes.length || bytes[FB.magic] !== OVL_FH_MAGIC) return null;
  return {
    real: bytes.toString('hex', FB.type, FB.type + 1) + bytes.toString('hex', FB.handle, length),
    isUpper: ((bytes[FB.flags] ?? 0) & OVL_FH_FLAG_PATH_UPPER) !== 0,
  };
}
