/** What a file is, by its kind alone; `unknown` for what this kernel calls none of these. */
export type FileType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block' | 'unknown';

/** What statx(2) says of a file, itself and not what it links to. */
export interface FileFacts {
  readonly type: FileType;
  /** Permission bits with set-user-id, set-group-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  /** Apparent size, decimal. */
  readonly bytes: string;
  /** What it takes on the disk, decimal: less than `bytes` where it is sparse. */
  readonly allocatedBytes: string;
  /** Last modification, seconds since the epoch with nine decimals. */
  readonly mtime: string;
  /** For devices, `major:minor`. */
  readonly rdev: string;
  /** Device number of its file system, `major:minor`. */
  readonly dev: string;
  /** Inode number, decimal. */
  readonly inode: string;
  /** Something is mounted there. */
  readonly isMountRoot: boolean;
}
