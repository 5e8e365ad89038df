/** Resolves with `change`, or when `signal` aborts, whichever is first; leaves no listener behind. */
export async function untilChange(change: Promise<undefined>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = (): void => aborted.resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([change, aborted.promise]);
  signal.removeEventListener('abort', onAbort);
}
