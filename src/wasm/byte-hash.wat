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

  ;; Copies [from, from + length) in steps of 16 bytes, up to 15 bytes more than asked for.
  (func $copy (param $from i32) (param $to i32) (param $length i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $from) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (v128.store align=1 (local.get $to) (v128.load align=1 (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next))))

  ;; The address of the bytes of the key in a slot.
  (func $keyOf (param $cache i32) (param $slot i32) (result i32)
    (i32.add
      (i32.load offset=8 (local.get $cache))
      (i32.mul (local.get $slot) (i32.load offset=32 (local.get $cache)))))

  (func $entryOf (param $cache i32) (param $slot i32) (result i32)
    (i32.add
      (i32.load offset=4 (local.get $cache))
      (i32.shl (local.get $slot) (i32.const 4))))

  ;; The first slot of the set of a hash.
  (func $firstOf (param $cache i32) (param $hash i64) (result i32)
    (i32.shl
      (i32.and (i32.wrap_i64 (local.get $hash)) (i32.load (local.get $cache)))
      (i32.const 2)))

  ;; The slot for a new key in the set of four that begins with slot `first`, chosen as key-cache.ts
  ;; says, or -1 when all are in use.
  (func $victim
    (param $cache i32) (param $first i32) (param $hash i64) (param $mayTakeUsed i32) (result i32)
    (local $i i32) (local $slot i32) (local $entry i32) (local $usedAt i32) (local $age i32)
    (local $rank i64) (local $best i32) (local $bestRank i64)
    (local.set $best (i32.const -1))
    (local.set $bestRank (i64.const -1))
    (loop $next
      ;; The hash of the new key says where to begin, so that no way of the set is always the first.
      (local.set $slot
        (i32.add
          (local.get $first)
          (i32.and
            (i32.add
              (i32.wrap_i64 (i64.shr_u (local.get $hash) (i64.const 35)))
              (local.get $i))
            (i32.const 3))))
      (local.set $entry (call $entryOf (local.get $cache) (local.get $slot)))
      (if (i32.lt_s (i32.load offset=8 (local.get $entry)) (i32.const 0))
        (then (return (local.get $slot))))
      (local.set $usedAt (i32.load offset=12 (local.get $entry)))
      (local.set $age
        (i32.sub
          (i32.load offset=16 (local.get $cache))
          (i32.and (local.get $usedAt) (i32.const -2))))
      (local.set $rank
        (i64.add
          (i64.extend_i32_u (local.get $age))
          (i64.shl
            (i64.extend_i32_u (i32.and (local.get $usedAt) (i32.const 1)))
            (i64.const 32))))
      (if (i32.and
            (i32.or (i32.ne (local.get $age) (i32.const 0)) (local.get $mayTakeUsed))
            (i64.gt_s (local.get $rank) (local.get $bestRank)))
        (then
          (local.set $best (local.get $slot))
          (local.set $bestRank (local.get $rank))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 4))))
    (local.get $best))

  ;; The slot of a key that a quick look did not find: that of the second of two keys of one hash, or
  ;; a new one; -1 when none can be given.
  (func $resolve
    (param $cache i32) (param $at i32) (param $length i32) (param $hash i64) (param $first i32)
    (param $row i32) (result i32)
    (local $i i32) (local $slot i32) (local $entry i32) (local $fresh i32)
    (loop $next
      (local.set $slot (i32.add (local.get $first) (local.get $i)))
      (local.set $entry (call $entryOf (local.get $cache) (local.get $slot)))
      (if (i32.and
            (i64.eq (i64.load (local.get $entry)) (local.get $hash))
            (i32.eq (i32.load offset=8 (local.get $entry)) (local.get $length)))
        (then
          (if (call $same
                (local.get $at)
                (call $keyOf (local.get $cache) (local.get $slot))
                (local.get $length))
            (then
              (i32.store offset=12 (local.get $entry) (i32.load offset=16 (local.get $cache)))
              (return (local.get $slot))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 4))))
    (local.set $slot
      (call $victim
        (local.get $cache) (local.get $first) (local.get $hash) (i32.eqz (local.get $row))))
    (if (i32.lt_s (local.get $slot) (i32.const 0)) (then (return (local.get $slot))))
    (call $copy
      (local.get $at) (call $keyOf (local.get $cache) (local.get $slot)) (local.get $length))
    (local.set $entry (call $entryOf (local.get $cache) (local.get $slot)))
    (i64.store (local.get $entry) (local.get $hash))
    (i32.store offset=8 (local.get $entry) (local.get $length))
    (i32.store offset=12
      (local.get $entry)
      (i32.or (i32.load offset=16 (local.get $cache)) (i32.const 1)))
    (local.set $fresh (i32.load offset=36 (local.get $cache)))
    (i32.store
      (i32.add
        (i32.load offset=40 (local.get $cache))
        (i32.shl (local.get $fresh) (i32.const 2)))
      (local.get $row))
    (i32.store offset=36 (local.get $cache) (i32.add (local.get $fresh) (i32.const 1)))
    (local.get $slot))

  ;; Finds a slot for the key of each of the rows [0, end) in a cache whose layout key-cache.ts
  ;; describes at `cache`, new keys included, stores it, lists the rows whose key is new, and returns
  ;; the first row that has found none, or `end`. `base` is the address of the byte that the spans
  ;; count from.
  ;;
  ;; In three passes over a hundred rows, because entries and keys mostly lie beyond the processor's
  ;; nearest cache. Before the second and the third, a loop that does nothing else reads a byte of what
  ;; the pass needs of each row: so short that a dozen such reads are under way at once, and the pass
  ;; itself then waits for none.
  (func (export "findAll") (param $cache i32) (param $base i32) (param $end i32) (result i32)
    (local $from i32) (local $until i32) (local $done i32)
    (i32.store offset=36 (local.get $cache) (i32.const 0))
    (block $none
      (loop $next
        (br_if $none (i32.ge_s (local.get $from) (local.get $end)))
        (local.set $until (i32.add (local.get $from) (i32.const 128)))
        (if (i32.gt_s (local.get $until) (local.get $end))
          (then (local.set $until (local.get $end))))
        (call $hashAll (local.get $cache) (local.get $base) (local.get $from) (local.get $until))
        (call $fetchEntries (local.get $cache) (local.get $from) (local.get $until))
        (local.set $done
          (call $probeAll (local.get $cache) (local.get $base) (local.get $from) (local.get $until)))
        (call $fetchKeys (local.get $cache) (local.get $from) (local.get $done))
        (local.set $done
          (call $compareAll
            (local.get $cache) (local.get $base) (local.get $from) (local.get $done)))
        (local.set $from (local.get $done))
        (br_if $next (i32.eq (local.get $done) (local.get $until)))))
    (local.get $from))

  ;; Where the hash of a row's key and, 8 bytes further, its length stand.
  (func $noteOf (param $cache i32) (param $row i32) (result i32)
    (i32.add
      (i32.load offset=44 (local.get $cache))
      (i32.shl (local.get $row) (i32.const 4))))

  (func $spanOf (param $cache i32) (param $row i32) (result i32)
    (i32.add
      (i32.load offset=20 (local.get $cache))
      (i32.shl (local.get $row) (i32.const 3))))

  (func $foundOf (param $cache i32) (param $row i32) (result i32)
    (i32.add
      (i32.load offset=24 (local.get $cache))
      (i32.shl (local.get $row) (i32.const 2))))

  ;; First pass: hash and length of the key of each row.
  (func $hashAll (param $cache i32) (param $base i32) (param $row i32) (param $end i32)
    (local $hash i64) (local $at i32) (local $length i32) (local $keyBytesMax i32) (local $cut i32)
    (local $span i32) (local $note i32)
    (local.set $keyBytesMax (i32.load offset=12 (local.get $cache)))
    (local.set $cut (i32.load offset=28 (local.get $cache)))
    (local.set $span (call $spanOf (local.get $cache) (local.get $row)))
    (local.set $note (call $noteOf (local.get $cache) (local.get $row)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $row) (local.get $end)))
        (local.set $at (i32.load (local.get $span)))
        (local.set $length (i32.sub (i32.load offset=4 (local.get $span)) (local.get $at)))
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
        (i64.store (local.get $note) (local.get $hash))
        (i32.store offset=8 (local.get $note) (local.get $length))
        (local.set $span (i32.add (local.get $span) (i32.const 8)))
        (local.set $note (i32.add (local.get $note) (i32.const 16)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next))))

  ;; Second pass: the slot whose entry has hash and length, or a new one. Returns the first row that
  ;; has found none, or `end`.
  (func $probeAll
    (param $cache i32) (param $base i32) (param $row i32) (param $end i32) (result i32)
    (local $note i32) (local $hash i64) (local $length i32) (local $entry i32)
    (local $slot i32) (local $first i32) (local $way i32)
    (local.set $note (call $noteOf (local.get $cache) (local.get $row)))
    (block $none
      (loop $next
        (br_if $none (i32.ge_s (local.get $row) (local.get $end)))
        (local.set $hash (i64.load (local.get $note)))
        (local.set $length (i32.load offset=8 (local.get $note)))
        (local.set $first (call $firstOf (local.get $cache) (local.get $hash)))
        (local.set $entry (call $entryOf (local.get $cache) (local.get $first)))
        ;; Which of the four has the hash, by sums: nobody can guess that, so there is no branch. Two
        ;; keys of one hash are told apart by $resolve.
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
        (local.set $slot (i32.add (local.get $first) (local.get $way)))
        (local.set $entry (i32.add (local.get $entry) (i32.shl (local.get $way) (i32.const 4))))
        (if (i32.and
              (i64.eq (i64.load (local.get $entry)) (local.get $hash))
              (i32.eq (i32.load offset=8 (local.get $entry)) (local.get $length)))
          (then
            ;; In use from here on, so nobody is given the slot before the last pass has compared.
            (i32.store offset=12 (local.get $entry) (i32.load offset=16 (local.get $cache))))
          (else
            (local.set $slot
              (call $resolve
                (local.get $cache)
                (i32.add
                  (local.get $base) (i32.load (call $spanOf (local.get $cache) (local.get $row))))
                (local.get $length) (local.get $hash) (local.get $first) (local.get $row)))
            (br_if $none (i32.lt_s (local.get $slot) (i32.const 0)))))
        (i32.store (call $foundOf (local.get $cache) (local.get $row)) (local.get $slot))
        (local.set $note (i32.add (local.get $note) (i32.const 16)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next)))
    (local.get $row))

  ;; Reads a byte of the entries of each row. The sum is of no use; but what nobody uses is not read.
  (func $fetchEntries (param $cache i32) (param $row i32) (param $end i32)
    (local $note i32) (local $noteEnd i32) (local $entries i32) (local $mask i32) (local $sum i32)
    (local.set $note (call $noteOf (local.get $cache) (local.get $row)))
    (local.set $noteEnd (call $noteOf (local.get $cache) (local.get $end)))
    (local.set $entries (i32.load offset=4 (local.get $cache)))
    (local.set $mask (i32.shl (i32.load (local.get $cache)) (i32.const 6)))
    (loop $next
      (local.set $sum
        (i32.add
          (local.get $sum)
          (i32.load8_u
            (i32.add
              (local.get $entries)
              (i32.and
                (i32.shl (i32.load (local.get $note)) (i32.const 6)) (local.get $mask))))))
      (local.set $note (i32.add (local.get $note) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $note) (local.get $noteEnd))))
    (i32.store offset=48 (local.get $cache) (local.get $sum)))

  ;; Reads a byte at the beginning of the key of each row, and one behind its end.
  (func $fetchKeys (param $cache i32) (param $row i32) (param $end i32)
    (local $note i32) (local $found i32) (local $foundEnd i32) (local $keys i32) (local $stride i32)
    (local $key i32) (local $sum i32)
    (local.set $note (call $noteOf (local.get $cache) (local.get $row)))
    (local.set $found (call $foundOf (local.get $cache) (local.get $row)))
    (local.set $foundEnd (call $foundOf (local.get $cache) (local.get $end)))
    (local.set $keys (i32.load offset=8 (local.get $cache)))
    (local.set $stride (i32.load offset=32 (local.get $cache)))
    (block $none
      (loop $next
        (br_if $none (i32.ge_u (local.get $found) (local.get $foundEnd)))
        (local.set $key
          (i32.add
            (local.get $keys) (i32.mul (i32.load (local.get $found)) (local.get $stride))))
        (local.set $sum
          (i32.add
            (local.get $sum)
            (i32.add
              (i32.load8_u (local.get $key))
              (i32.load8_u
                (i32.add (local.get $key) (i32.load offset=8 (local.get $note)))))))
        (local.set $found (i32.add (local.get $found) (i32.const 4)))
        (local.set $note (i32.add (local.get $note) (i32.const 16)))
        (br $next)))
    (i32.store offset=48 (local.get $cache) (local.get $sum)))

  ;; Copies the 16 bytes that `from` has for each of the slots at `found` to `to`, row by row.
  (func (export "gather")
    (param $from i32) (param $found i32) (param $to i32) (param $rows i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $found) (i32.shl (local.get $rows) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $found) (local.get $end)))
        (v128.store
          (local.get $to)
          (v128.load
            (i32.add
              (local.get $from) (i32.shl (i32.load (local.get $found)) (i32.const 4)))))
        (local.set $found (i32.add (local.get $found) (i32.const 4)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next))))

  ;; Third pass: whether the slot has the bytes of the key too. Returns the first row that has found
  ;; no slot, or `end`.
  (func $compareAll
    (param $cache i32) (param $base i32) (param $row i32) (param $end i32) (result i32)
    (local $note i32) (local $at i32) (local $slot i32)
    (local.set $note (call $noteOf (local.get $cache) (local.get $row)))
    (block $none
      (loop $next
        (br_if $none (i32.ge_s (local.get $row) (local.get $end)))
        (local.set $at
          (i32.add
            (local.get $base) (i32.load (call $spanOf (local.get $cache) (local.get $row)))))
        (local.set $slot (i32.load (call $foundOf (local.get $cache) (local.get $row))))
        (if (i32.eqz
              (call $same
                (local.get $at)
                (call $keyOf (local.get $cache) (local.get $slot))
                (i32.load offset=8 (local.get $note))))
          (then
            (local.set $slot
              (call $resolve
                (local.get $cache) (local.get $at) (i32.load offset=8 (local.get $note))
                (i64.load (local.get $note))
                (call $firstOf (local.get $cache) (i64.load (local.get $note)))
                (local.get $row)))
            (br_if $none (i32.lt_s (local.get $slot) (i32.const 0)))
            (i32.store (call $foundOf (local.get $cache) (local.get $row)) (local.get $slot))))
        (local.set $note (i32.add (local.get $note) (i32.const 16)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next)))
    (local.get $row)))
