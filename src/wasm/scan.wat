;; Finds every line end (LF, 0x0A) and every quote (0x22) of a region, 64 bytes at a time, and writes
;; where they are into two tables: a structural index, from which the plan of a log format works
;; without touching the bytes in between. Measured beside the whole parser: bench/parse.ts.
;;
;; Compiled by scripts/build-wasm.ts into scan-wasm.ts; scanner.ts owns the memory and its layout.
(module
  (import "env" "memory" (memory 1))

  ;; 64 bits, one for each of the bytes [at, at + 64) that equals `byte`.
  (func $equal (param $at i32) (param $byte v128) (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u
          (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (local.get $byte))))
        (i64.shl
          (i64.extend_i32_u
            (i8x16.bitmask (i8x16.eq (v128.load offset=16 (local.get $at)) (local.get $byte))))
          (i64.const 16)))
      (i64.or
        (i64.shl
          (i64.extend_i32_u
            (i8x16.bitmask (i8x16.eq (v128.load offset=32 (local.get $at)) (local.get $byte))))
          (i64.const 32))
        (i64.shl
          (i64.extend_i32_u
            (i8x16.bitmask (i8x16.eq (v128.load offset=48 (local.get $at)) (local.get $byte))))
          (i64.const 48)))))

  ;; Scans the bytes [at, end) and returns the number of lines it has found an end of.
  ;;   quotes: i32 table of the positions of all quotes, up to quotesEnd (exclusive)
  ;;   lines:  i32 pairs, up to linesEnd: position of the LF, number of quotes before it
  ;; Positions are addresses less `bias`. It stops when the quotes of 64 more bytes might not fit or
  ;; when the table of lines is full: quotes after the last line found mean nothing.
  ;; Reads up to 63 bytes beyond `end`, which must be inside the memory, and passes them over.
  (func (export "scan")
    (param $at i32) (param $end i32) (param $bias i32)
    (param $quotes i32) (param $quotesEnd i32) (param $lines i32) (param $linesEnd i32)
    (result i32)
    (local $quote i32) (local $line i32) (local $lastQuote i32) (local $nextQuote i32)
    (local $position i32) (local $quoteBits i64) (local $lineBits i64) (local $inside i64)
    (local.set $quote (local.get $quotes))
    (local.set $line (local.get $lines))
    (local.set $lastQuote (i32.sub (local.get $quotesEnd) (i32.const 256)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $done (i32.gt_s (local.get $quote) (local.get $lastQuote)))
        (br_if $done (i32.ge_u (local.get $line) (local.get $linesEnd)))
        (local.set $quoteBits (call $equal (local.get $at) (i8x16.splat (i32.const 0x22))))
        (local.set $lineBits (call $equal (local.get $at) (i8x16.splat (i32.const 0x0a))))
        ;; Bits of the bytes beyond the end are taken away.
        (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 64))
          (then
            (local.set $inside
              (i64.sub
                (i64.shl
                  (i64.const 1)
                  (i64.extend_i32_u (i32.sub (local.get $end) (local.get $at))))
                (i64.const 1)))
            (local.set $quoteBits (i64.and (local.get $quoteBits) (local.get $inside)))
            (local.set $lineBits (i64.and (local.get $lineBits) (local.get $inside)))))
        (local.set $position (i32.sub (local.get $at) (local.get $bias)))

        ;; Lines: the quotes before one are those of former blocks and the bits below its own.
        (block $noLine
          (br_if $noLine (i64.eqz (local.get $lineBits)))
          (loop $eachLine
            (i32.store
              (local.get $line)
              (i32.add (local.get $position) (i32.wrap_i64 (i64.ctz (local.get $lineBits)))))
            (i32.store offset=4
              (local.get $line)
              (i32.add
                (i32.shr_u (i32.sub (local.get $quote) (local.get $quotes)) (i32.const 2))
                (i32.wrap_i64
                  (i64.popcnt
                    (i64.and
                      (local.get $quoteBits)
                      (i64.and
                        (i64.sub (local.get $lineBits) (i64.const 1))
                        (i64.xor (local.get $lineBits) (i64.const -1))))))))
            (local.set $line (i32.add (local.get $line) (i32.const 8)))
            (local.set $lineBits
              (i64.and (local.get $lineBits) (i64.sub (local.get $lineBits) (i64.const 1))))
            (br_if $noLine (i32.ge_u (local.get $line) (local.get $linesEnd)))
            (br_if $eachLine (i64.ne (local.get $lineBits) (i64.const 0)))))

        ;; Quotes: always two stores a turn. Where there was but one bit left, the next block writes
        ;; over the second; guessing how many there are would cost more than the store.
        (block $noQuote
          (br_if $noQuote (i64.eqz (local.get $quoteBits)))
          (local.set $nextQuote
            (i32.add
              (local.get $quote)
              (i32.shl
                (i32.wrap_i64 (i64.popcnt (local.get $quoteBits)))
                (i32.const 2))))
          (loop $eachPair
            (i32.store
              (local.get $quote)
              (i32.add (local.get $position) (i32.wrap_i64 (i64.ctz (local.get $quoteBits)))))
            (local.set $quoteBits
              (i64.and (local.get $quoteBits) (i64.sub (local.get $quoteBits) (i64.const 1))))
            (i32.store offset=4
              (local.get $quote)
              (i32.add (local.get $position) (i32.wrap_i64 (i64.ctz (local.get $quoteBits)))))
            (local.set $quoteBits
              (i64.and (local.get $quoteBits) (i64.sub (local.get $quoteBits) (i64.const 1))))
            (local.set $quote (i32.add (local.get $quote) (i32.const 8)))
            (br_if $eachPair (i64.ne (local.get $quoteBits) (i64.const 0))))
          (local.set $quote (local.get $nextQuote)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (i32.shr_u (i32.sub (local.get $line) (local.get $lines)) (i32.const 3))))
