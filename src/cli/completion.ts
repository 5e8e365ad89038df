import { COMMAND_NAMES, OPTIONS, SHELLS, type Shell } from './command-line.ts';

/** What a shell needs to complete the words of the command line, out of the table that reads them. */
const WORDS = [...COMMAND_NAMES, 'help', 'version'];
/** `-v` is a word of its own, not a name. */
const LETTERS = new Set(['v']);

export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
  }
  return shell satisfies never;
}

function optionsOf(name: keyof typeof OPTIONS): string[] {
  return Object.keys(OPTIONS[name]).filter((option) => !LETTERS.has(option));
}

const dashed = (name: keyof typeof OPTIONS): string =>
  optionsOf(name)
    .map((option) => `--${option}`)
    .join(' ');

function bash(): string {
  const cases = COMMAND_NAMES.map((name) => `    ${name}) options='${dashed(name)}' ;;`);
  return `# bash completion of nginx-meter
_nginx_meter() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" options=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${WORDS.join(' ')} --help --version' -- "$word"))
    return
  fi
  case "$command" in
${cases.join('\n')}
    help) COMPREPLY=($(compgen -W '${COMMAND_NAMES.join(' ')} settings' -- "$word")); return ;;
  esac
  case "$command:$word" in
    *:-*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    completion:*) COMPREPLY=($(compgen -W '${SHELLS.join(' ')}' -- "$word")) ;;
    backfill:*|check:*) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _nginx_meter nginx-meter
`;
}

function zsh(): string {
  const cases = COMMAND_NAMES.map(
    (name) =>
      `    ${name}) compadd -- ${dashed(name)}; [[ $words[2] == (backfill|check) ]] && _files ;;`,
  );
  return `#compdef nginx-meter
# zsh completion of nginx-meter
_nginx-meter() {
  if (( CURRENT == 2 )); then
    compadd -- ${WORDS.join(' ')} --help --version
    return
  fi
  case $words[2] in
    completion) compadd -- ${SHELLS.join(' ')} ;;
    help) compadd -- ${COMMAND_NAMES.join(' ')} settings ;;
${cases.filter((line) => !line.includes(' completion)')).join('\n')}
  esac
}
compdef _nginx-meter nginx-meter
`;
}

function fish(): string {
  const lines = [
    '# fish completion of nginx-meter',
    'complete -c nginx-meter -f',
    `complete -c nginx-meter -n __fish_use_subcommand -a '${WORDS.join(' ')}'`,
    `complete -c nginx-meter -n '__fish_seen_subcommand_from completion' -a '${SHELLS.join(' ')}'`,
    `complete -c nginx-meter -n '__fish_seen_subcommand_from help' -a '${COMMAND_NAMES.join(' ')} settings'`,
    `complete -c nginx-meter -n '__fish_seen_subcommand_from backfill check' -F`,
  ];
  for (const name of COMMAND_NAMES) {
    for (const option of optionsOf(name)) {
      const value = OPTIONS[name][option]?.type === 'string' ? ' -x' : '';
      lines.push(
        `complete -c nginx-meter -n '__fish_seen_subcommand_from ${name}' -l ${option}${value}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
