;; Gathers what is to be looked up of many rows: spans out of the columns of a RecordBatch, and what
;; `$request` consists of where it has the form of nearly all requests. Rows whose request has another
;; form are listed; request-line.ts reads those, as it would read all.
;;
;; Compiled by scripts/build-wasm.ts into row-gather-wasm.ts; row-gather.ts owns the memory layout.
(module
  (import "env" "memory" (memory 1))

  ;; The spans of the rows [from, from + rows), one after the other at `spans`; empty for no record.
  (func (export "copySpans")
    (param $reason i32) (param $start i32) (param $end i32) (param $spans i32) (param $from i32)
    (param $rows i32)
    (local $isRecord i32) (local $until i32)
    (local.set $until
      (i32.add (local.get $spans) (i32.shl (local.get $rows) (i32.const 3))))
    (local.set $reason (i32.add (local.get $reason) (local.get $from)))
    (local.set $start (i32.add (local.get $start) (i32.shl (local.get $from) (i32.const 2))))
    (local.set $end (i32.add (local.get $end) (i32.shl (local.get $from) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $spans) (local.get $until)))
        (local.set $isRecord (i32.eqz (i32.load8_u (local.get $reason))))
        (i32.store
          (local.get $spans)
          (select (i32.load (local.get $start)) (i32.const 0) (local.get $isRecord)))
        (i32.store offset=4
          (local.get $spans)
          (select (i32.load (local.get $end)) (i32.const 0) (local.get $isRecord)))
        (local.set $reason (i32.add (local.get $reason) (i32.const 1)))
        (local.set $start (i32.add (local.get $start) (i32.const 4)))
        (local.set $end (i32.add (local.get $end) (i32.const 4)))
        (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
        (br $next))))

  ;; Takes `METHOD TARGET HTTP/x.y` apart, of the requests whose spans stand at `spans`: the span of
  ;; the target takes the place of the request's, method and protocol go to `methods` and `protocols`
  ;; as the numbers that `codes` has for GET, POST, HEAD, PUT, HTTP/1.1, 2.0, 1.0 and 3.0, one byte
  ;; each. Which of them it is comes out of sums: nobody can guess that, so there is no branch. What is
  ;; none of these stays as it is, and the index of its row goes to `odd`; returns how many.
  ;; `base` is the address of the byte that the spans count from; up to 9 bytes before it are read.
  (func (export "splitRequests")
    (param $base i32) (param $spans i32) (param $methods i32) (param $protocols i32) (param $odd i32)
    (param $codes i32) (param $rows i32) (result i32)
    (local $row i32) (local $start i32) (local $end i32) (local $word i32) (local $fifth i32)
    (local $method i32) (local $methodBytes i32) (local $protocol i32) (local $tail i64)
    (local $oddCount i32) (local $is i32) (local $get i32) (local $post i32) (local $head i32)
    (local $put i32)
    (local.set $get (i32.load8_u (local.get $codes)))
    (local.set $post (i32.load8_u offset=1 (local.get $codes)))
    (local.set $head (i32.load8_u offset=2 (local.get $codes)))
    (local.set $put (i32.load8_u offset=3 (local.get $codes)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $row) (local.get $rows)))
        (local.set $start (i32.load (local.get $spans)))
        (local.set $end (i32.load offset=4 (local.get $spans)))
        (local.set $word (i32.load align=1 (i32.add (local.get $base) (local.get $start))))
        (local.set $fifth
          (i32.eq
            (i32.load8_u offset=4 (i32.add (local.get $base) (local.get $start)))
            (i32.const 0x20)))
        ;; "GET ", "PUT ", "POST" and "HEAD", the lowest byte first.
        (local.set $is (i32.eq (local.get $word) (i32.const 0x20544547)))
        (local.set $method (i32.mul (local.get $is) (local.get $get)))
        (local.set $methodBytes (i32.mul (local.get $is) (i32.const 3)))
        (local.set $is (i32.eq (local.get $word) (i32.const 0x20545550)))
        (local.set $method
          (i32.add (local.get $method) (i32.mul (local.get $is) (local.get $put))))
        (local.set $methodBytes
          (i32.add (local.get $methodBytes) (i32.mul (local.get $is) (i32.const 3))))
        (local.set $is
          (i32.and (local.get $fifth) (i32.eq (local.get $word) (i32.const 0x54534f50))))
        (local.set $method
          (i32.add (local.get $method) (i32.mul (local.get $is) (local.get $post))))
        (local.set $methodBytes
          (i32.add (local.get $methodBytes) (i32.shl (local.get $is) (i32.const 2))))
        (local.set $is
          (i32.and (local.get $fifth) (i32.eq (local.get $word) (i32.const 0x44414548))))
        (local.set $method
          (i32.add (local.get $method) (i32.mul (local.get $is) (local.get $head))))
        (local.set $methodBytes
          (i32.add (local.get $methodBytes) (i32.shl (local.get $is) (i32.const 2))))
        ;; "HTTP/1.1" and so on.
        (local.set $tail
          (i64.load align=1
            (i32.sub (i32.add (local.get $base) (local.get $end)) (i32.const 8))))
        (local.set $protocol
          (i32.add
            (i32.add
              (i32.mul
                (i64.eq (local.get $tail) (i64.const 0x312e312f50545448))
                (i32.load8_u offset=4 (local.get $codes)))
              (i32.mul
                (i64.eq (local.get $tail) (i64.const 0x302e322f50545448))
                (i32.load8_u offset=5 (local.get $codes))))
            (i32.add
              (i32.mul
                (i64.eq (local.get $tail) (i64.const 0x302e312f50545448))
                (i32.load8_u offset=6 (local.get $codes)))
              (i32.mul
                (i64.eq (local.get $tail) (i64.const 0x302e332f50545448))
                (i32.load8_u offset=7 (local.get $codes))))))
        (if (i32.and
              (i32.and
                (i32.ne (local.get $method) (i32.const 0))
                (i32.ne (local.get $protocol) (i32.const 0)))
              (i32.and
                (i32.eq
                  (i32.load8_u
                    (i32.sub (i32.add (local.get $base) (local.get $end)) (i32.const 9)))
                  (i32.const 0x20))
                ;; The space before the protocol is not that behind the method.
                (i32.and
                  (i32.gt_s
                    (i32.sub (local.get $end) (i32.const 9))
                    (i32.add (local.get $start) (local.get $methodBytes)))
                  ;; Neither of the two spaces has another beside it.
                  (i32.and
                    (i32.ne
                      (i32.load8_u offset=1
                        (i32.add
                          (local.get $base)
                          (i32.add (local.get $start) (local.get $methodBytes))))
                      (i32.const 0x20))
                    (i32.ne
                      (i32.load8_u
                        (i32.sub (i32.add (local.get $base) (local.get $end)) (i32.const 10)))
                      (i32.const 0x20))))))
          (then
            (i32.store8 (i32.add (local.get $methods) (local.get $row)) (local.get $method))
            (i32.store8 (i32.add (local.get $protocols) (local.get $row)) (local.get $protocol))
            (i32.store
              (local.get $spans)
              (i32.add
                (i32.add (local.get $start) (local.get $methodBytes))
                (i32.const 1)))
            (i32.store offset=4 (local.get $spans) (i32.sub (local.get $end) (i32.const 9))))
          (else
            (i32.store
              (i32.add (local.get $odd) (i32.shl (local.get $oddCount) (i32.const 2)))
              (local.get $row))
            (local.set $oddCount (i32.add (local.get $oddCount) (i32.const 1)))))
        (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next)))
    (local.get $oddCount)))
