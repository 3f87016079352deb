import { describe, expect, it } from 'vitest';

import { parseCmdline } from '../../src/parse/cmdline.ts';

describe('parseCmdline', () => {
  it.each([
    ['', [], 'a thread of the kernel or a zombie'],
    ['sh\0', ['sh'], 'one argument'],
    [
      './odd\0plain\x000\0a\0\0b c\0',
      ['./odd', 'plain', '0', 'a', '', 'b c'],
      'an empty argument and one with a space',
    ],
    ['sh\0\0', ['sh', ''], 'an empty last argument'],
    ['\0', [''], 'nothing but an empty argument'],
    ['sh\0-c\0a\nb\0', ['sh', '-c', 'a\nb'], 'a newline'],
    ['caf\xe9\0x\0', [{ text: 'caf\ufffd', base64: 'Y2Fm6Q==' }, 'x'], 'bytes that are not UTF-8'],
    ['\xe6\x97\xa5\0', ['日'], 'UTF-8'],
    // The next three: the process overwrote its arguments.
    [
      'nginx: master process /usr/sbin/nginx -g daemon off; and on past the arguments\0',
      ['nginx: master process /usr/sbin/nginx -g daemon off; and on past the arguments'],
      'a title that is longer than the arguments were',
    ],
    ['odd: short\0\0\0', ['odd: short', '', ''], 'a title that is shorter'],
    ['xxxxOUT=x3', ['xxxxOUT=x3'], 'no NUL at all'],
  ])('%j -> %j (%s)', (text, argv) => {
    expect(parseCmdline(text)).toEqual(argv);
  });
});
