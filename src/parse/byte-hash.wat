;; A 64-bit hash of a span of bytes, and the search for one byte: what a line costs most after its
;; scan. Measured against plain JavaScript: bench/byte-hash.ts.
;;
;; Compiled by scripts/build-wasm.ts into byte-hash-wasm.ts; byte-hash.ts owns the memory layout. The
;; values are written into HyperLogLog registers that are merged over hosts and versions: they never
;; change.
(module
  (import "env" "memory" (memory 1))

  ;; Hashes [at, at + length), stores the 64 bits at `out` and returns the lower 32. Two lanes take
  ;; eight bytes each at a time; the last 16 bytes are read again where they overlap, so nothing
  ;; beyond the span is touched.
  (func (export "hash") (param $at i32) (param $length i32) (param $out i32) (result i32)
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
    (local.set $a (i64.xor (local.get $a) (i64.shr_u (local.get $a) (i64.const 33))))
    (i64.store (local.get $out) (local.get $a))
    (i32.wrap_i64 (local.get $a)))

  ;; The address of the first `byte` in [at, end), or `end`. Reads up to 15 bytes beyond `end`, which
  ;; must be inside the memory.
  (func (export "find") (param $at i32) (param $end i32) (param $byte i32) (result i32)
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
  (func (export "same") (param $a i32) (param $b i32) (param $length i32) (result i32)
    (local $end i32) (local $last i32)
    (local.set $end (i32.add (local.get $a) (local.get $length)))
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
    (i32.const 1)))
