import type { CommandName } from './command-line.ts';
import { renderConfigHelp } from '../config/table.ts';

/** What `--help` says. The list of settings comes from the schema. */

interface CommandHelp {
  readonly usage: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly text: string;
}

const COMMANDS: Readonly<Record<CommandName, CommandHelp>> = {
  run: {
    usage: 'nginx-meter [run]',
    summary: 'follow the logs and write their windows',
    text: `Follows the logs of LOG_PATHS until SIGTERM or SIGINT. Then it reads to the end, writes what is
due, saves its positions and exits within 10 s; a second signal ends it at once. On a terminal it
shows a summary that moves; elsewhere its own log, on standard output.`,
  },
  report: {
    usage:
      'nginx-meter report FILE…|--since 1h [--json] [--html FILE] [--top N] [--site NAME] [--from TIME] [--to TIME]',
    summary: 'say what log files hold: how much, how bad, how slow, who',
    text: `Reads FILEs, plain, .gz or .zst, in any order, and says what they hold: - is standard input, a folder
stands for the logs in it. No setting is needed: the format is recognised.

  --since 1h   no FILE: what the meter whose STATE_DIR this is has seen in that time
  --log NAME   with --since: only this log
  --json       print the summary as JSON; docs/summary.md describes it
  --html FILE  write it as one HTML file
  --top N      rows of each list (10)
  --site NAME  only this site
  --from TIME  only lines from TIME on
  --to TIME    only lines before TIME

TIME is 2026-11-22, 2026-11-22T14:30Z, 2026-11-22T14:30+01:00 or seconds since 1970; without an
offset it is UTC. Times are shown in UTC.

Exit code 0: all was read; 1: something could not be read, or not one line fitted the format; 2: the
words or settings are wrong.`,
  },
  backfill: {
    usage: 'nginx-meter backfill FILE… [OPTIONS]',
    summary: 'read files, also .gz and .zst, and write every window of them',
    text: `Reads FILEs and writes every window of their lines. The order does not matter: rotated files may be
given in any order, joined, or not sorted at all, and give the same points. Writing a window that was
written before overwrites it, so the command can be repeated.

  FILE         a file, or - for standard input: xz -dc FILE.xz | nginx-meter backfill access=-
  NAME=FILE    a file whose log is called NAME, as in LOG_PATHS; else it is called after the file

  --stdout          print line protocol, sorted by time and series, and touch nothing else; the same
                    lines give the same bytes on every run
  --json            print the account as JSON on standard output
  --from TIME       leave out windows that begin before TIME
  --to TIME         leave out windows that begin at TIME or later
  --max-unparsed N  how many of the lines may be unparsed before that is a failure: 1% (the default)
                    or 0.01; a line or two never are
  --retry-for TIME  how long a database that goes away is tried (2m)

TIME is 2026-11-22, 2026-11-22T14:30Z, 2026-11-22T14:30+01:00 or seconds since 1970; without an
offset it is UTC. The format is that of LOG_FORMAT, or with NGINX_CONF the one that nginx has for the
file. The database is asked before the first line is read. Messages, progress and the account of what
was done go to standard error. Ctrl-C ends it; the same command again counts nothing twice.

Exit code 0: all was read and written; 1: something could not be read or written, such as the rest
of a damaged .gz (what could be read is written then), or too many lines do not fit the format; 2:
the words or settings are wrong.`,
  },
  check: {
    usage: 'nginx-meter check [FILE] [--offline] [--json]',
    summary: 'check the configuration, the database, and how well FILE fits the format',
    text: `Lists every fault of the configuration, then the logs that would be followed and the format of
each. Asks the database whether it would take points, by a write without any; looks whether the port
of LISTEN is free and STATE_DIR is not in use. With FILE it says how many of its lines can be read,
and for each kind of fault shows the first such line with a caret where it stops matching.

  --offline  ask no database
  --json     the same as one JSON object

Exit code 0: all is well; 1: a log, a line of FILE, the database, the port or the state folder is not
as the meter needs it; 2: the configuration is wrong.`,
  },
  routes: {
    usage: 'nginx-meter routes FILE',
    summary: 'show the route of each path of FILE, and why',
    text: `Reads FILE, plain or compressed, and shows the routes of its requests: how many came, the first path
that became the route, and why what is :id in it is that. ROUTES changes routes; docs/log-formats.md
has the rules.

Exit code 0: FILE was read; 1: it cannot be read, or no line of it can; 2: the words or settings are
wrong.`,
  },
  demo: {
    usage: 'nginx-meter demo [--seconds N] [--rate N] [--seed N] [--write]',
    summary: 'made-up traffic, and the meter on it',
    text: `Writes made-up traffic of several sites to a log in a temporary folder, with errors now and then
and a rotation, and runs the meter on it until Ctrl-C. Needs neither nginx nor a database, and
writes to one only with --write. The folder is removed at the end.

  --seconds N  stop after N seconds
  --rate N     requests per second on average (120)
  --seed N     another N, other traffic (1)
  --write      write the points to the database of INFLUX_URL`,
  },
  healthcheck: {
    usage: 'nginx-meter healthcheck',
    summary: 'ask the meter on LISTEN whether it is alive, for containers',
    text: `Asks /healthz of the meter on LISTEN and waits at most 2 s. Exit code 0: it is alive; 1: it is not.`,
  },
  completion: {
    usage: 'nginx-meter completion bash|zsh|fish',
    summary: 'print what makes a shell complete the words of nginx-meter',
    text: `Prints a script for the shell. To have it in every new shell:

  bash  nginx-meter completion bash > ~/.local/share/bash-completion/completions/nginx-meter
  zsh   nginx-meter completion zsh > "\${fpath[1]}/_nginx-meter"
  fish  nginx-meter completion fish > ~/.config/fish/completions/nginx-meter.fish`,
  },
};

export function renderHelp(about: CommandName | 'settings' | undefined): string {
  if (about === 'settings') {
    return `Settings, from the environment and from .env in the working folder:\n\n${renderConfigHelp()}`;
  }
  if (about !== undefined) {
    const { usage, text } = COMMANDS[about];
    return `Usage: ${usage}\n\n${text}\n`;
  }
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const commands = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return `nginx-meter follows nginx's access log and turns it into metrics in InfluxDB.

Usage: nginx-meter [COMMAND] [OPTIONS]

Commands (run, if none is given):
${commands.join('\n')}

  nginx-meter COMMAND --help says more about one, help settings lists the settings alone, and
  version, --version or -v prints the version.

Exit codes: 0 well, 1 failed, 2 wrong words or settings, 70 a fault of the program itself.

Settings, from the environment and from .env in the working folder:

${renderConfigHelp()}`;
}
