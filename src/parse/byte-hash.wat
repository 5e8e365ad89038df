;; A 64-bit hash of a span of bytes, the search for one byte, and the look-up of many keys in a cache
;; at once: what a line costs most after its scan. Measured: bench/dimensions.ts.
;;
;; Compiled by scripts/build-wasm.ts into byte-hash-wasm.ts; byte-hash.ts owns the memory layout. The
;; values are written into HyperLogLog registers that are merged over hosts and versions: they never
;; change.
(module
  (import "env" "memory" (memory 1))

  ;; Hashes [at, at + length), stores the 64 bits at `out` and returns the lower 32.
  (func (export "hash") (param $at i32) (param $length i32) (param $out i32) (result i32)
    (local $hash i64)
    (local.set $hash (call $hash (local.get $at) (local.get $length)))
    (i64.store (local.get $out) (local.get $hash))
    (i32.wrap_i64 (local.get $hash)))

  ;; Two lanes take eight bytes each at a time; the last 16 bytes are read again where they overlap,
  ;; so nothing beyond the span is touched.
  (func $hash (param $at i32) (param $length i32) (result i64)
    (local $a i64) (local $b i64) (local $end i32) (local $last i32)
    (local.set $a (i64.const 0x243f6a8885a308d3))
    (local.set $b
      (i64.xor (i64.const 0x13198a2e03707344) (i64.extend_i32_u (local.get $length))))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (if (i32.ge_u (local.get $length) (i32.const 16))
      (then
        (local.set $last (i32.sub (local.get $end) (i32.const 16)))
        (loop $next
          (local.set $a
            (i64.rotl
              (i64.mul
                (i64.xor (local.get $a) (i64.load align=1 (local.get $at)))
                (i64.const 0x9e3779b97f4a7c15))
              (i64.const 29)))
          (local.set $b
            (i64.rotl
              (i64.mul
                (i64.xor (local.get $b) (i64.load offset=8 align=1 (local.get $at)))
                (i64.const 0xc2b2ae3d27d4eb4f))
              (i64.const 31)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $next (i32.lt_u (local.get $at) (local.get $last))))
        (local.set $a (i64.xor (local.get $a) (i64.load align=1 (local.get $last))))
        (local.set $b (i64.xor (local.get $b) (i64.load offset=8 align=1 (local.get $last)))))
      (else
        (if (i32.ge_u (local.get $length) (i32.const 8))
          (then
            (local.set $a (i64.xor (local.get $a) (i64.load align=1 (local.get $at))))
            (local.set $b
              (i64.xor
                (local.get $b)
                (i64.load align=1 (i32.sub (local.get $end) (i32.const 8))))))
          (else
            (if (i32.ge_u (local.get $length) (i32.const 4))
              (then
                (local.set $a (i64.xor (local.get $a) (i64.load32_u align=1 (local.get $at))))
                (local.set $b
                  (i64.xor
                    (local.get $b)
                    (i64.load32_u align=1 (i32.sub (local.get $end) (i32.const 4))))))
              (else
                ;; One to three bytes: the first, the middle and the last of them hold all.
                (if (local.get $length)
                  (then
                    (local.set $a
                      (i64.xor
                        (local.get $a)
                        (i64.or
                          (i64.load8_u (local.get $at))
                          (i64.or
                            (i64.shl
                              (i64.load8_u
                                (i32.add
                                  (local.get $at)
                                  (i32.shr_u (local.get $length) (i32.const 1))))
                              (i64.const 8))
                            (i64.shl
                              (i64.load8_u (i32.sub (local.get $end) (i32.const 1)))
                              (i64.const 16))))))))))))))
    ;; Both lanes into one, then two rounds that let every bit reach every other.
    (local.set $a (i64.mul (local.get $a) (i64.const 0x9e3779b97f4a7c15)))
    (local.set $b (i64.mul (local.get $b) (i64.const 0xc2b2ae3d27d4eb4f)))
    (local.set $a
      (i64.xor
        (i64.xor (local.get $a) (i64.shr_u (local.get $a) (i64.const 32)))
        (i64.rotl (local.get $b) (i64.const 27))))
    (local.set $a (i64.mul (local.get $a) (i64.const 0xff51afd7ed558ccd)))
    (local.set $a (i64.xor (local.get $a) (i64.shr_u (local.get $a) (i64.const 33))))
    (local.set $a (i64.mul (local.get $a) (i64.const 0xc4ceb9fe1a85ec53)))
    (i64.xor (local.get $a) (i64.shr_u (local.get $a) (i64.const 33))))

  ;; The address of the first `byte` in [at, end), or `end`. Reads up to 15 bytes beyond `end`, which
  ;; must be inside the memory.
  (func $find (export "find") (param $at i32) (param $end i32) (param $byte i32) (result i32)
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

  ;; 1 when [a, a + length) and [b, b + length) hold the same bytes.
  (func $same (export "same") (param $a i32) (param $b i32) (param $length i32) (result i32)
    (local $end i32) (local $last i32)
    (local.set $end (i32.add (local.get $a) (local.get $length)))
    (if (i32.ge_u (local.get $length) (i32.const 16))
      (then
        (local.set $last (i32.sub (local.get $end) (i32.const 16)))
        (if (v128.any_true
              (v128.xor
                (v128.load align=1 (local.get $last))
                (v128.load align=1
                  (i32.sub (i32.add (local.get $b) (local.get $length)) (i32.const 16)))))
          (then (return (i32.const 0))))
        (loop $next
          (if (v128.any_true
                (v128.xor
                  (v128.load align=1 (local.get $a)) (v128.load align=1 (local.get $b))))
            (then (return (i32.const 0))))
          (local.set $a (i32.add (local.get $a) (i32.const 16)))
          (local.set $b (i32.add (local.get $b) (i32.const 16)))
          (br_if $next (i32.lt_u (local.get $a) (local.get $last))))
        (return (i32.const 1))))
    (if (i32.ge_u (local.get $length) (i32.const 8))
      (then
        (local.set $last (i32.sub (local.get $end) (i32.const 8)))
        (if (i64.ne
              (i64.load align=1 (local.get $last))
              (i64.load align=1
                (i32.sub (i32.add (local.get $b) (local.get $length)) (i32.const 8))))
          (then (return (i32.const 0))))
        (loop $next
          (if (i64.ne (i64.load align=1 (local.get $a)) (i64.load align=1 (local.get $b)))
            (then (return (i32.const 0))))
          (local.set $a (i32.add (local.get $a) (i32.const 8)))
          (local.set $b (i32.add (local.get $b) (i32.const 8)))
          (br_if $next (i32.lt_u (local.get $a) (local.get $last)))))
      (else
        (loop $next
          (if (i32.ge_u (local.get $a) (local.get $end)) (then (return (i32.const 1))))
          (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b)))
            (then (return (i32.const 0))))
          (local.set $a (i32.add (local.get $a) (i32.const 1)))
          (local.set $b (i32.add (local.get $b) (i32.const 1)))
          (br $next))))
    (i32.const 1))

  ;; Looks up the keys of rows [row, end) in a cache whose layout key-cache.ts describes at `cache`,
  ;; stores the slot of each and returns the first row whose key is not there, or `end`. `base` is
  ;; the address of the byte that the spans count from.
  (func (export "findAll")
    (param $cache i32) (param $base i32) (param $row i32) (param $end i32) (result i32)
    (local $span i32) (local $at i32) (local $length i32) (local $hash i64) (local $entry i32)
    (local $slot i32) (local $way i32) (local $keyBytesMax i32) (local $cut i32)
    (local.set $keyBytesMax (i32.load offset=12 (local.get $cache)))
    (local.set $cut (i32.load offset=28 (local.get $cache)))
    (block $missing
      (loop $next
        (br_if $missing (i32.ge_s (local.get $row) (local.get $end)))
        (local.set $span
          (i32.add (i32.load offset=20 (local.get $cache)) (i32.shl (local.get $row) (i32.const 3))))
        (local.set $at (i32.load (local.get $span)))
        (local.set $length
          (i32.sub (i32.load offset=4 (local.get $span)) (local.get $at)))
        (local.set $at (i32.add (local.get $at) (local.get $base)))
        (if (i32.gt_s (local.get $length) (local.get $keyBytesMax))
          (then (local.set $length (local.get $keyBytesMax))))
        (if (i32.ge_s (local.get $cut) (i32.const 0))
          (then
            (local.set $length
              (i32.sub
                (call $find
                  (local.get $at)
                  (i32.add (local.get $at) (local.get $length))
                  (local.get $cut))
                (local.get $at)))))
        (local.set $hash (call $hash (local.get $at) (local.get $length)))
        (local.set $slot
          (i32.shl
            (i32.and (i32.wrap_i64 (local.get $hash)) (i32.load (local.get $cache)))
            (i32.const 2)))
        (local.set $entry
          (i32.add (i32.load offset=4 (local.get $cache)) (i32.shl (local.get $slot) (i32.const 4))))
        ;; Which of the four has the hash, by sums: nobody can guess that, so there is no branch. Two
        ;; keys of one hash are told apart below; the second then counts as missing.
        (local.set $way
          (i32.add
            (i64.eq (i64.load offset=16 (local.get $entry)) (local.get $hash))
            (i32.add
              (i32.shl
                (i64.eq (i64.load offset=32 (local.get $entry)) (local.get $hash))
                (i32.const 1))
              (i32.mul
                (i64.eq (i64.load offset=48 (local.get $entry)) (local.get $hash))
                (i32.const 3)))))
        (local.set $way (i32.and (local.get $way) (i32.const 3)))
        (local.set $slot (i32.add (local.get $slot) (local.get $way)))
        (local.set $entry (i32.add (local.get $entry) (i32.shl (local.get $way) (i32.const 4))))
        (br_if $missing (i64.ne (i64.load (local.get $entry)) (local.get $hash)))
        (br_if $missing (i32.ne (i32.load offset=8 (local.get $entry)) (local.get $length)))
        (br_if $missing
          (i32.eqz
            (call $same
              (local.get $at)
              (i32.add
                (i32.load offset=8 (local.get $cache))
                (i32.mul (local.get $slot) (local.get $keyBytesMax)))
              (local.get $length))))
        (i32.store offset=12 (local.get $entry) (i32.load offset=16 (local.get $cache)))
        (i32.store
          (i32.add (i32.load offset=24 (local.get $cache)) (i32.shl (local.get $row) (i32.const 2)))
          (local.get $slot))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next)))
    (local.get $row)))
