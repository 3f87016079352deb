import type { Command } from '@oclif/core';

/** The shells that {@link completionScript} knows. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** What of oclif's configuration a completion is made from. */
export interface CompletionConfig {
  readonly bin: string;
  readonly commands: readonly Pick<Command.Loadable, 'args' | 'flags' | 'hidden' | 'id' | 'summary'>[];
  readonly topics: readonly { readonly name: string; readonly description?: string | undefined }[];
}

interface Choice {
  readonly word: string;
  readonly help: string;
}

interface FlagChoice extends Choice {
  readonly char: string | null;
  readonly takesValue: boolean;
  /** The values it takes; null: any, and files are offered. */
  readonly values: readonly string[] | null;
}

/** What can follow one command or topic; its path is its words, '' for nsinspect itself. */
interface Place {
  readonly path: string;
  readonly children: readonly Choice[];
  readonly flags: readonly FlagChoice[];
  readonly args: readonly string[];
}

/**
 * The code that teaches a shell to complete nsinspect: its commands, their flags and the values of flags that have a
 * fixed set of them. It is made from oclif's manifest and runs nothing when it completes.
 */
export function completionScript(shell: Shell, config: CompletionConfig): string {
  const places = placesOf(config);
  if (shell === 'bash') return bash(config.bin, places);
  return shell === 'zsh' ? zsh(config.bin, places) : fish(config.bin, places);
}

function placesOf(config: CompletionConfig): Place[] {
  const commands = config.commands.filter((command) => !command.hidden);
  const words = new Map<string, string>();
  for (const { name, description } of config.topics) words.set(spaced(name), description ?? '');
  for (const { id, summary } of commands) words.set(spaced(id), summary ?? '');
  const byPath = new Map(commands.map((command) => [spaced(command.id), command]));
  const paths = ['', ...words.keys()].sort();
  return paths.map((path) => {
    const command = byPath.get(path);
    return {
      path,
      children: paths
        .filter((other) => parentOf(other) === path)
        .map((other) => choice(lastWord(other), words.get(other))),
      flags: [...flagsOf(command), { ...choice('help', 'Show help.'), char: null, takesValue: false, values: null }],
      args: Object.values(command?.args ?? {}).flatMap((arg) => arg.options ?? []),
    };
  });
}

function flagsOf(command: CompletionConfig['commands'][number] | undefined): FlagChoice[] {
  return Object.values(command?.flags ?? {})
    .filter((flag) => flag.hidden !== true)
    .map((flag) => ({
      ...choice(flag.name, flag.summary ?? flag.description),
      char: flag.char ?? null,
      takesValue: flag.type === 'option',
      values: (flag.type === 'option' ? flag.options : null) ?? null,
    }));
}

function choice(word: string, help: string | undefined): Choice {
  return { word, help: (help ?? '').split('\n', 1)[0]?.replace(/\.$/, '') ?? '' };
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ');
}

function parentOf(path: string): string | null {
  if (path === '') return null;
  return path.includes(' ') ? path.slice(0, path.lastIndexOf(' ')) : '';
}

function lastWord(path: string): string {
  return path.slice(path.lastIndexOf(' ') + 1);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The spellings of a flag on the command line. */
function spellings({ word, char }: FlagChoice): string[] {
  return char === null ? [`--${word}`] : [`--${word}`, `-${char}`];
}

function valued(place: Place): FlagChoice[] {
  return place.flags.filter(({ takesValue }) => takesValue);
}

/** The branches of a shell's `case "$at"`, one a place that has something to say; bash and zsh read the same. */
function cases(places: readonly Place[], branch: (place: Place) => string): string {
  return places
    .map((place) => ({ place, body: branch(place) }))
    .filter(({ body }) => body !== '')
    .map(({ place, body }) => `    ${quoted(place.path)}) ${body} ;;`)
    .join('\n');
}

/** Finds the command in the words before the cursor: shared by bash and zsh, whose syntax agrees on all of it. */
function findPath(places: readonly Place[], first: string, last: string): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `  local at='' word i
  for ((i = ${first}; i < ${last}; i++)); do
    word="\${words[i]}"
    case "$word" in -*) continue ;; esac
    case "\${at:+$at }$word" in
      ${known.join(' | ')}) at="\${at:+$at }$word" ;;
    esac
  done`;
}

function bash(bin: string, places: readonly Place[]): string {
  const candidates = (place: Place) =>
    `names=${quoted([...place.children.map(({ word }) => word), ...place.args].join(' '))} flags=${quoted(place.flags.flatMap(spellings).join(' '))}`;
  const values = (place: Place) =>
    valued(place)
      .map((flag) => {
        const found = flag.values === null ? 'files' : quoted(flag.values.join(' '));
        return `${spellings(flag).join(' | ')}) values=${found}`;
      })
      .join(' ;; ');
  return `# bash completion of ${bin}
_${bin}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev='' names='' flags='' values=''
  local -a words=("\${COMP_WORDS[@]}")
  # bash splits --flag=value at the equals sign.
  ((COMP_CWORD > 0)) && prev="\${COMP_WORDS[COMP_CWORD - 1]}"
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
${findPath(places, '1', 'COMP_CWORD')}
  case "$at" in
${cases(places, candidates)}
  esac
  case "$at" in
${cases(places, (place) => (valued(place).length === 0 ? '' : `case "$prev" in ${values(place)} ;; esac`))}
  esac
  COMPREPLY=()
  if [[ $values == files ]]; then
    compopt -o default
  elif [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$names" -- "$cur"))
    [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default
  fi
  return 0
}
complete -F _${bin} ${bin}
`;
}

function zsh(bin: string, places: readonly Place[]): string {
  const described = ({ word, help }: Choice) => quoted(`${word.replaceAll(':', String.raw`\:`)}:${help}`);
  const candidates = (place: Place) => {
    const names = [...place.children, ...place.args.map((word) => ({ word, help: '' }))];
    const flags = place.flags.flatMap((flag) => spellings(flag).map((word) => ({ word, help: flag.help })));
    return `names=(${names.map(described).join(' ')}) flags=(${flags.map(described).join(' ')})`;
  };
  const values = (place: Place) =>
    valued(place)
      .map((flag) => {
        const found =
          flag.values === null ? '_files; return' : `compadd -- ${flag.values.map(quoted).join(' ')}; return`;
        return `${spellings(flag).join('|')}) ${found}`;
      })
      .join(' ;; ');
  return `#compdef ${bin}
_${bin}() {
  local -a names flags
${findPath(places, '2', 'CURRENT')}
  local flag="\${words[CURRENT - 1]}"
  case "\${words[CURRENT]}" in --*=*) flag="\${words[CURRENT]%%=*}"; compset -P '*=' ;; esac
  case "$at" in
${cases(places, (place) => (valued(place).length === 0 ? '' : `case "$flag" in ${values(place)} ;; esac`))}
  esac
  case "$at" in
${cases(places, candidates)}
  esac
  case "\${words[CURRENT]}" in
    -*) _describe -o flag flags ;;
    *) ((\${#names})) && _describe command names || _files ;;
  esac
}
if [[ \${funcstack[1]} == _${bin} ]]; then _${bin} "$@"; else compdef _${bin} ${bin}; fi
`;
}

function fish(bin: string, places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  const lines = places.flatMap((place) => {
    const here = `complete -c ${bin} -n ${quoted(`__${bin}_at ${quoted(place.path)}`)}`;
    const help = (text: string) => (text === '' ? '' : ` -d ${quoted(text)}`);
    return [
      ...(place.children.length > 0 || place.args.length > 0 ? [`${here} -f`] : []),
      ...place.children.map((child) => `${here} -a ${quoted(child.word)}${help(child.help)}`),
      ...place.args.map((word) => `${here} -a ${quoted(word)}`),
      ...place.flags.map((flag) => {
        const short = flag.char === null ? '' : ` -s ${flag.char}`;
        const values = flag.values === null ? ' -r' : ` -x -a ${quoted(flag.values.join(' '))}`;
        const value = flag.takesValue ? values : '';
        return `${here} -l ${flag.word}${short}${value}${help(flag.help)}`;
      }),
    ];
  });
  return `# fish completion of ${bin}
function __${bin}_at
    set -l path ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$path $word")
        if contains -- $next ${known.join(' ')}
            set path $next
        end
    end
    test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
