/** What is said about receiving syslog: what is lost, why, and what to do. */
import type { Notice } from '../../notice/notice.ts';
import type { MalformedReason } from './header.ts';
import { OTHER_LOG } from './logs.ts';
import { errorCode } from '../../text/error-code.ts';

export function listeningNotice(address: string, receiveBufferBytes: number): Notice {
  return {
    code: 'syslog-listening',
    subject: address,
    message:
      `Syslog is received at ${address}. Messages have no position to go back to: what is sent while ` +
      'the meter is stopped is lost, and UDP can lose messages at any time. Nothing is ever answered.',
    ...(receiveBufferBytes === 0 ? {} : { details: { receiveBufferBytes } }),
  };
}

export function notListeningNotice(address: string, error: unknown): Notice {
  const code = errorCode(error);
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: 'Another process listens there: choose another port, or stop it.',
    EACCES: 'Ports below 1024 need CAP_NET_BIND_SERVICE: choose one above, 5514 for example.',
    EADDRNOTAVAIL: 'This machine has no such address: 0.0.0.0 stands for all that it has.',
    ENOTFOUND: 'The name is not known: write an address, 0.0.0.0 for all of this machine.',
  };
  return {
    code: 'syslog-not-listening',
    subject: address,
    message:
      `Syslog cannot be received at ${address} (${code}). ` +
      `${remedies[code] ?? ''} It is tried again every few seconds.`.trimStart(),
  };
}

const MALFORMED: Readonly<Record<MalformedReason, string>> = {
  'no-priority': 'it does not begin with a priority such as <190>',
  'no-time': 'no time such as "Nov 22 21:10:43" follows the priority',
  'no-tag': 'no tag with a colon stands before the line',
};

export function malformedNotice(
  address: string,
  messages: number,
  reason: MalformedReason,
  from: string,
): Notice {
  return {
    code: 'syslog-malformed',
    subject: address,
    message:
      `${messages} messages were no syslog as nginx sends it (RFC 3164) and were not counted. Of the ` +
      `last one, from ${from}: ${MALFORMED[reason]}. Who else sends to this port?`,
    details: { messages, reason },
  };
}

export function overflowNotice(address: string, messages: number): Notice {
  return {
    code: 'syslog-overflow',
    subject: address,
    message:
      `${messages} messages were lost because they came faster than they could be counted, or while ` +
      'reading has stopped because the spool is full. A log file on a shared volume loses nothing.',
    details: { messages },
  };
}

export function droppedNotice(address: string, messages: number): Notice {
  return {
    code: 'syslog-dropped',
    subject: address,
    message:
      `${messages} datagrams were dropped by the system because the receive buffer of the socket was ` +
      'full: raise net.core.rmem_max (the meter asks for 4 MiB), or give the meter more processor time.',
    details: { messages },
  };
}

export function otherNotice(address: string, tag: string, reason: 'taken' | 'too-many'): Notice {
  const why =
    reason === 'taken'
      ? `The tag "${tag}" is the name of another log, or no name for one: its lines are`
      : `More tags than can be logs have been met. The lines of "${tag}" and of every new tag are`;
  return {
    code: 'syslog-tag-folded',
    subject: address,
    message:
      `${why} counted in the log "${OTHER_LOG}". Give tags names in LOG_PATHS, ` +
      '`syslog://address:port?name=tag`, or all of them one name, `name=syslog://address:port`.',
  };
}
