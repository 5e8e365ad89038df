/**
 * Takes points one after the other, in whatever form the target wants them. Names are those of the
 * schema; the sink makes every value fit for its form, so nothing that comes in can break a point.
 */
export interface PointSink {
  /** `own` wins over `extra` where both have a name: a name stands in a key once. */
  beginPoint(
    measurement: string,
    own: Readonly<Record<string, string>>,
    extra?: Readonly<Record<string, string>>,
  ): void;
  integer(name: string, value: number): void;
  float(name: string, value: number): void;
  string(name: string, value: string): void;
  /** Ends the point, whose time is `timestampS` in epoch seconds. */
  endPoint(timestampS: number): void;
}

/** Some points that belong together, such as those of one window. */
export type PointGroup = (into: PointSink) => void;
