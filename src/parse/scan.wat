;; Finds every line end (LF, 0x0A) and every quote (0x22) of a region, 16 bytes at a time, and writes
;; where they are into two tables: a structural index, from which the plan of a log format works
;; without touching the bytes in between. Measured against plain JavaScript: bench/parse.ts.
;;
;; Compiled by scripts/build-wasm.ts into scan-wasm.ts; scanner.ts owns the memory and its layout.
(module
  (import "env" "memory" (memory 1))

  ;; Scans the bytes [at, end) and returns the number of lines it has found an end of.
  ;;   quotes: i32 table of the positions of all quotes, up to quotesEnd (exclusive)
  ;;   lines:  i32 pairs, up to linesEnd: position of the LF, number of quotes before it
  ;; Positions are addresses less `bias`. It stops when either table could overflow with the next
  ;; 16 bytes or when the table of lines is full: quotes after the last line found mean nothing.
  ;; Reads up to 15 bytes beyond `end`, which must be inside the memory, and passes them over.
  (func (export "scan")
    (param $at i32) (param $end i32) (param $bias i32)
    (param $quotes i32) (param $quotesEnd i32) (param $lines i32) (param $linesEnd i32)
    (result i32)
    (local $quote i32) (local $line i32) (local $lastQuote i32)
    (local $found i32) (local $lineFeeds i32) (local $bit i32) (local $sixteen v128)
    (local.set $quote (local.get $quotes))
    (local.set $line (local.get $lines))
    ;; 16 quotes of 4 bytes each must fit in what is left.
    (local.set $lastQuote (i32.sub (local.get $quotesEnd) (i32.const 64)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $done (i32.gt_s (local.get $quote) (local.get $lastQuote)))
        (br_if $done (i32.ge_u (local.get $line) (local.get $linesEnd)))
        (local.set $sixteen (v128.load (local.get $at)))
        (local.set $lineFeeds
          (i8x16.bitmask (i8x16.eq (local.get $sixteen) (i8x16.splat (i32.const 0x0a)))))
        (local.set $found
          (i32.or
            (local.get $lineFeeds)
            (i8x16.bitmask (i8x16.eq (local.get $sixteen) (i8x16.splat (i32.const 0x22))))))
        ;; Bits of the bytes beyond the end are taken away.
        (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))
          (then
            (local.set $found
              (i32.and
                (local.get $found)
                (i32.sub
                  (i32.shl (i32.const 1) (i32.sub (local.get $end) (local.get $at)))
                  (i32.const 1))))))
        (block $empty
          (br_if $empty (i32.eqz (local.get $found)))
          (loop $each
            (local.set $bit (i32.ctz (local.get $found)))
            (if (i32.and (i32.shr_u (local.get $lineFeeds) (local.get $bit)) (i32.const 1))
              (then
                (i32.store
                  (local.get $line)
                  (i32.sub (i32.add (local.get $at) (local.get $bit)) (local.get $bias)))
                (i32.store offset=4
                  (local.get $line)
                  (i32.shr_u (i32.sub (local.get $quote) (local.get $quotes)) (i32.const 2)))
                (local.set $line (i32.add (local.get $line) (i32.const 8)))
                (br_if $done (i32.ge_u (local.get $line) (local.get $linesEnd))))
              (else
                (i32.store
                  (local.get $quote)
                  (i32.sub (i32.add (local.get $at) (local.get $bit)) (local.get $bias)))
                (local.set $quote (i32.add (local.get $quote) (i32.const 4)))))
            ;; The lowest bit is taken away.
            (local.set $found
              (i32.and (local.get $found) (i32.sub (local.get $found) (i32.const 1))))
            (br_if $each (local.get $found))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (i32.shr_u (i32.sub (local.get $line) (local.get $lines)) (i32.const 3))))
