;; Runs the code of a log format over many lines: the usual course of plan.ts, which stays the judge.
;; The end of a searched value is the leftmost one here, and nothing is tried twice: a line that does
;; not fit that way is left to plan.ts, so whatever is accepted here is accepted there with the same
;; values. line-machine.ts owns the memory and makes the code; compiled by scripts/build-wasm.ts.
;;
;; Code: a head of 64 bytes, then instructions of four 32-bit words: what to do, and a, b, c.
(module
  (import "env" "memory" (memory 1))

  ;; The address of the first `byte` in [at, end), or `end`. Reads up to 15 bytes beyond `end`.
  (func $find (param $at i32) (param $end i32) (param $byte i32) (result i32)
    (local $found i32) (local $wanted v128)
    (local.set $wanted (i8x16.splat (local.get $byte)))
    (block $none
      (loop $next
        (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $found
          (i8x16.bitmask (i8x16.eq (v128.load align=1 (local.get $at)) (local.get $wanted))))
        (if (local.get $found)
          (then
            (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $found))))
            (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
            (return (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.get $end))

  ;; The address behind the digits of [at, end).
  (func $digits (param $at i32) (param $end i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $done
          (i32.gt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)) (i32.const 9)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $at))

  ;; The number in the digits [at, end), at most 15 of them.
  (func $number (param $at i32) (param $end i32) (result i64)
    (local $number i64)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $number
          (i64.add
            (i64.mul (local.get $number) (i64.const 10))
            (i64.extend_i32_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $number))

  ;; The address behind the NUL bytes of [at, end).
  (func $behindHole (param $at i32) (param $end i32) (result i32)
    (block $text
      (loop $next
        (br_if $text (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $text (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $at))

  ;; 1 when [at, end) has three dots and else digits, or two colons and more, and else hexadecimal
  ;; digits and dots.
  (func $isAddress (param $at i32) (param $end i32) (result i32)
    (local $byte i32) (local $dots i32) (local $colons i32) (local $letters i32)
    (block $seen
      (loop $next
        (br_if $seen (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.le_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 9)))
        (if (i32.eq (local.get $byte) (i32.const 46))
          (then
            (local.set $dots (i32.add (local.get $dots) (i32.const 1)))
            (br $next)))
        (if (i32.eq (local.get $byte) (i32.const 58))
          (then
            (local.set $colons (i32.add (local.get $colons) (i32.const 1)))
            (br $next)))
        (if (i32.gt_u
              (i32.sub (i32.or (local.get $byte) (i32.const 32)) (i32.const 97)) (i32.const 5))
          (then (return (i32.const 0))))
        (local.set $letters (i32.const 1))
        (br $next)))
    (i32.or
      (i32.gt_u (local.get $colons) (i32.const 1))
      (i32.and
        (i32.eq (local.get $dots) (i32.const 3))
        (i32.eqz (i32.or (local.get $colons) (local.get $letters))))))

  ;; 1 when [at, end) is nothing, or ends or begins as an address or `-` may.
  (func $endsAsAddress (param $at i32) (param $end i32) (result i32)
    (local $byte i32)
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 91)) (then (return (i32.const 1))))
    (local.set $byte (i32.load8_u (i32.sub (local.get $end) (i32.const 1))))
    (i32.or
      (i32.le_u (i32.sub (local.get $byte) (i32.const 45)) (i32.const 1))
      (i32.le_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 9))))

  ;; 1 when [at, end) is digits, a point and digits, or `-`.
  (func $isTime (param $at i32) (param $end i32) (result i32)
    (local $point i32)
    (local.set $point (call $digits (local.get $at) (local.get $end)))
    (if (i32.eq (local.get $point) (local.get $at))
      (then
        (if (i32.ne (i32.add (local.get $at) (i32.const 1)) (local.get $end))
          (then (return (i32.const 0))))
        (return (i32.eq (i32.load8_u (local.get $at)) (i32.const 45)))))
    (if (i32.ge_u (local.get $point) (local.get $end)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load8_u (local.get $point)) (i32.const 46)) (then (return (i32.const 0))))
    (i32.eq
      (call $digits (i32.add (local.get $point) (i32.const 1)) (local.get $end))
      (local.get $end)))

  ;; Lines [i, found) of the scanner's tables, the first of which begins at `at`, with its quotes from
  ;; `firstQuote` on, into the rows from `row` on. Returns the first line that does not fit, or `found`.
  ;; Where a time has to be read first, the head says its length and position.
  (func (export "run")
    (param $code i32) (param $base i32) (param $at i32) (param $i i32) (param $found i32)
    (param $firstQuote i32) (param $row i32) (result i32)
    (local $entry i32) (local $feed i32) (local $lastQuote i32) (local $start i32) (local $end i32)
    (local $pc i32) (local $p i32) (local $to i32) (local $value i32) (local $q i32)
    (local $a i32) (local $b i32) (local $c i32) (local $digit i32)
    (i32.store offset=40 (local.get $code) (i32.const 0))
    (block $stop
      (loop $line
        (br_if $stop (i32.ge_u (local.get $i) (local.get $found)))
        (local.set $entry
          (i32.add (i32.load offset=4 (local.get $code)) (i32.shl (local.get $i) (i32.const 3))))
        (local.set $feed (i32.load (local.get $entry)))
        (local.set $lastQuote (i32.load offset=4 (local.get $entry)))
        (local.set $start (i32.add (local.get $base) (local.get $at)))
        (local.set $end (i32.add (local.get $base) (local.get $feed)))
        (br_if $stop (i32.le_u (local.get $end) (local.get $start)))
        (if (i32.eq (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 13))
          (then (local.set $end (i32.sub (local.get $end) (i32.const 1)))))
        (br_if $stop (i32.le_u (local.get $end) (local.get $start)))
        ;; NUL bytes in front of a line are a hole, or what was taken off the line
        (if (i32.eqz (i32.load8_u (local.get $start)))
          (then
            (local.set $start (call $behindHole (local.get $start) (local.get $end)))
            (br_if $stop (i32.ge_u (local.get $start) (local.get $end)))
            (local.set $at (i32.sub (local.get $start) (local.get $base)))))
        (br_if $stop
          (i32.ne
            (i32.sub (local.get $lastQuote) (local.get $firstQuote))
            (i32.load offset=8 (local.get $code))))
        (local.set $pc (i32.add (local.get $code) (i32.const 48)))
        (loop $next
          (local.set $pc (i32.add (local.get $pc) (i32.const 16)))
          (local.set $a (i32.load offset=4 (local.get $pc)))
          (local.set $b (i32.load offset=8 (local.get $pc)))
          (local.set $c (i32.load offset=12 (local.get $pc)))
          (block $unknown (block $milliseconds (block $address (block $list (block $port (block $host (block $atEnd (block $take (block $time
          (block $requestTime (block $count (block $status (block $rest (block $word (block $search
          (block $token (block $literal (block $segment (block $accept
            (br_table $accept $segment $literal $token $search $word $rest $status $count
              $requestTime $time $take $atEnd $host $port $list $address $milliseconds $unknown
              (i32.load (local.get $pc))))

            ;; accept: the line is a record
            (i32.store8
              (i32.add (i32.load offset=20 (local.get $code)) (local.get $row)) (i32.const 0))
            (i32.store
              (i32.add (i32.load offset=12 (local.get $code)) (i32.shl (local.get $row) (i32.const 2)))
              (local.get $at))
            (i32.store
              (i32.add (i32.load offset=16 (local.get $code)) (i32.shl (local.get $row) (i32.const 2)))
              (i32.sub (local.get $end) (local.get $base)))
            (local.set $at (i32.add (local.get $feed) (i32.const 1)))
            (local.set $firstQuote (local.get $lastQuote))
            (local.set $row (i32.add (local.get $row) (i32.const 1)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $line))

            ;; segment: a its number, b 1 for the last
            (local.set $entry
              (i32.add
                (i32.load (local.get $code))
                (i32.shl (i32.add (local.get $firstQuote) (local.get $a)) (i32.const 2))))
            (local.set $p
              (if (result i32) (local.get $a)
                (then
                  (i32.add
                    (local.get $base)
                    (i32.add (i32.load (i32.sub (local.get $entry) (i32.const 4))) (i32.const 1))))
                (else (local.get $start))))
            (local.set $to
              (if (result i32) (local.get $b)
                (then (local.get $end))
                (else (i32.add (local.get $base) (i32.load (local.get $entry))))))
            (local.set $value (local.get $p))
            (br $next))

            ;; literal: its bytes a under the mask b, c of them
            (br_if $stop
              (i32.gt_u (i32.add (local.get $p) (local.get $c)) (local.get $to)))
            (br_if $stop
              (i32.ne
                (i32.and (i32.load align=1 (local.get $p)) (local.get $b)) (local.get $a)))
            (local.set $p (i32.add (local.get $p) (local.get $c)))
            (local.set $value (local.get $p))
            (br $next))

            ;; token: up to the next space
            (local.set $p (call $find (local.get $p) (local.get $to) (i32.const 32)))
            (br $next))

            ;; search: up to the literal a, b, c
            (loop $further
              (br_if $stop
                (i32.gt_u (i32.add (local.get $p) (local.get $c)) (local.get $to)))
              (if (i32.ne
                    (i32.and (i32.load align=1 (local.get $p)) (local.get $b)) (local.get $a))
                (then
                  (local.set $p (i32.add (local.get $p) (i32.const 1)))
                  (br $further))))
            (br $next))

            ;; word: up to the literal a, b, c, and no further than the next space
            (local.set $q (call $find (local.get $p) (local.get $to) (i32.const 32)))
            (loop $further
              (br_if $stop
                (i32.or
                  (i32.gt_u (local.get $p) (local.get $q))
                  (i32.gt_u (i32.add (local.get $p) (local.get $c)) (local.get $to))))
              (if (i32.ne
                    (i32.and (i32.load align=1 (local.get $p)) (local.get $b)) (local.get $a))
                (then
                  (local.set $p (i32.add (local.get $p) (i32.const 1)))
                  (br $further))))
            (br $next))

            ;; rest: all but the last a bytes; without a space where b is 1
            (local.set $q (i32.sub (local.get $to) (local.get $a)))
            (br_if $stop (i32.lt_u (local.get $q) (local.get $p)))
            (if (local.get $b)
              (then
                (br_if $stop
                  (i32.ne
                    (call $find (local.get $p) (local.get $q) (i32.const 32)) (local.get $q)))))
            (local.set $p (local.get $q))
            (br $next))

            ;; status: three digits, into column a
            (br_if $stop (i32.gt_u (i32.add (local.get $p) (i32.const 3)) (local.get $to)))
            (local.set $q (i32.add (local.get $p) (i32.const 3)))
            (br_if $stop (i32.ne (call $digits (local.get $p) (local.get $q)) (local.get $q)))
            (i32.store
              (i32.add (local.get $a) (i32.shl (local.get $row) (i32.const 2)))
              (i32.wrap_i64 (call $number (local.get $p) (local.get $q))))
            (local.set $p (local.get $q))
            (br $next))

            ;; count: up to 15 digits, or `-` for 0, into column a
            (local.set $q (call $digits (local.get $p) (local.get $to)))
            (br_if $stop
              (i32.gt_u (i32.sub (local.get $q) (local.get $p)) (i32.const 15)))
            (f64.store
              (i32.add (local.get $a) (i32.shl (local.get $row) (i32.const 3)))
              (f64.convert_i64_u (call $number (local.get $p) (local.get $q))))
            (if (i32.eq (local.get $q) (local.get $p))
              (then
                (br_if $stop (i32.ge_u (local.get $p) (local.get $to)))
                (br_if $stop (i32.ne (i32.load8_u (local.get $p)) (i32.const 45)))
                (local.set $q (i32.add (local.get $p) (i32.const 1)))))
            (local.set $p (local.get $q))
            (br $next))

            ;; request time: up to six digits, a point and three digits, or `-` unless b, into column a
            (local.set $a (i32.add (local.get $a) (i32.shl (local.get $row) (i32.const 2))))
            (local.set $q (call $digits (local.get $p) (local.get $to)))
            (if (i32.eq (local.get $q) (local.get $p))
              (then
                (br_if $stop (i32.ge_u (local.get $p) (local.get $to)))
                (br_if $stop
                  (i32.ne (i32.add (i32.load8_u (local.get $p)) (local.get $b)) (i32.const 45)))
                (i32.store (local.get $a) (i32.const -1))
                (local.set $p (i32.add (local.get $p) (i32.const 1)))
                (br $next)))
            (br_if $stop
              (i32.gt_u (i32.sub (local.get $q) (local.get $p)) (i32.const 6)))
            (br_if $stop (i32.ge_u (local.get $q) (local.get $to)))
            (br_if $stop (i32.ne (i32.load8_u (local.get $q)) (i32.const 46)))
            (local.set $entry (i32.add (local.get $q) (i32.const 1)))
            (br_if $stop
              (i32.ne
                (call $digits (local.get $entry) (local.get $to))
                (i32.add (local.get $q) (i32.const 4))))
            (i32.store
              (local.get $a)
              (i32.wrap_i64
                (i64.add
                  (i64.mul (call $number (local.get $p) (local.get $q)) (i64.const 1000))
                  (call $number
                    (local.get $entry) (i32.add (local.get $q) (i32.const 4))))))
            (local.set $p (i32.add (local.get $q) (i32.const 4)))
            (br $next))

            ;; time: a bytes that stand in the table of known times at c; b is where among them the
            ;; last digit of the seconds is, which says where in the table
            (br_if $stop (i32.gt_u (i32.add (local.get $p) (local.get $a)) (local.get $to)))
            (local.set $entry
              (i32.add
                (local.get $c)
                (i32.mul
                  (i32.and
                    (i32.load8_u (i32.add (local.get $p) (local.get $b))) (i32.const 3))
                  (i32.const 48))))
            (local.set $q (i32.sub (i32.add (local.get $p) (local.get $a)) (i32.const 8)))
            (if (i32.or
                  (i32.or
                    (i64.ne
                      (i64.load align=1 (local.get $p)) (i64.load (local.get $entry)))
                    (i64.ne
                      (i64.load offset=8 align=1 (local.get $p))
                      (i64.load offset=8 (local.get $entry))))
                  (i32.or
                    (i64.ne
                      (i64.load offset=16 align=1 (local.get $p))
                      (i64.load offset=16 (local.get $entry)))
                    (i64.ne
                      (i64.load align=1 (local.get $q))
                      (i64.load offset=24 (local.get $entry)))))
              (then
                (i32.store offset=40 (local.get $code) (local.get $a))
                (i32.store offset=44
                  (local.get $code) (i32.sub (local.get $p) (local.get $base)))
                (br $stop)))
            (f64.store
              (i32.add
                (i32.load offset=24 (local.get $code)) (i32.shl (local.get $row) (i32.const 3)))
              (f64.load offset=32 (local.get $entry)))
            (local.set $p (i32.add (local.get $p) (local.get $a)))
            (br $next))

            ;; take: the value is the span of the row in columns a (start) and b (end); `-` is none
            (local.set $q
              (if (result i32)
                (i32.and
                  (i32.eq (i32.sub (local.get $p) (local.get $value)) (i32.const 1))
                  (i32.eq (i32.load8_u (local.get $value)) (i32.const 45)))
                (then (local.get $value))
                (else (local.get $p))))
            (i32.store
              (i32.add (local.get $a) (i32.shl (local.get $row) (i32.const 2)))
              (i32.sub (local.get $value) (local.get $base)))
            (i32.store
              (i32.add (local.get $b) (i32.shl (local.get $row) (i32.const 2)))
              (i32.sub (local.get $q) (local.get $base)))
            (br $next))

            ;; at the end: of the segment
            (br_if $stop (i32.ne (local.get $p) (local.get $to)))
            (br $next))

            ;; host: a token without a colon, but for an address in brackets; where a is 1, one that
            ;; does not end as an address does
            (local.set $q (call $find (local.get $p) (local.get $to) (i32.const 32)))
            (if (local.get $a)
              (then (br_if $stop (call $endsAsAddress (local.get $p) (local.get $q)))))
            (if (i32.ne (i32.load8_u (local.get $p)) (i32.const 91))
              (then
                (br_if $stop
                  (i32.ne
                    (call $find (local.get $p) (local.get $q) (i32.const 58)) (local.get $q)))))
            (local.set $p (local.get $q))
            (br $next))

            ;; port: digits, or none
            (local.set $p (call $digits (local.get $p) (local.get $to)))
            (br $next))

            ;; list: of one part; where a is 1, a time or `-`
            (if (local.get $a)
              (then (br_if $stop (i32.eqz (call $isTime (local.get $p) (local.get $to))))))
            (loop $further
              (if (i32.lt_u (local.get $p) (local.get $to))
                (then
                  (local.set $digit (i32.load8_u (local.get $p)))
                  (br_if $stop (i32.eq (local.get $digit) (i32.const 44)))
                  (if (i32.ne (local.get $digit) (i32.const 32))
                    (then
                      (local.set $p (i32.add (local.get $p) (i32.const 1)))
                      (br $further))))))
            (if (i32.lt_u (i32.add (local.get $p) (i32.const 2)) (local.get $to))
              (then
                (br_if $stop (i32.eq (i32.load16_u offset=1 align=1 (local.get $p)) (i32.const 0x203a)))))
            (br $next))

            ;; address: a token that does not begin with `-`; where a is 1, one of digits and three
            ;; dots, or of hexadecimal digits and some colons
            (if (i32.lt_u (local.get $p) (local.get $to))
              (then (br_if $stop (i32.eq (i32.load8_u (local.get $p)) (i32.const 45)))))
            (local.set $q (call $find (local.get $p) (local.get $to) (i32.const 32)))
            (if (local.get $a)
              (then (br_if $stop (i32.eqz (call $isAddress (local.get $p) (local.get $q))))))
            (local.set $p (local.get $q))
            (br $next))

            ;; milliseconds: up to nine digits, into column a
            (local.set $q (call $digits (local.get $p) (local.get $to)))
            (br_if $stop (i32.eq (local.get $q) (local.get $p)))
            (br_if $stop (i32.gt_u (i32.sub (local.get $q) (local.get $p)) (i32.const 9)))
            (i32.store
              (i32.add (local.get $a) (i32.shl (local.get $row) (i32.const 2)))
              (i32.wrap_i64 (call $number (local.get $p) (local.get $q))))
            (local.set $p (local.get $q))
            (br $next))
          (unreachable))))
    (local.get $i)))
