; P2, P4, P13: what payees are entitled to, for integers of any size. `make prove` expects unsat three times.
; q = floor(received * ppm / whole) is said as q * whole <= received * ppm < (q + 1) * whole.
(define-fun whole () Int 1000000)
(define-fun floors ((q Int) (received Int) (ppm Int)) Bool
  (and (<= (* q whole) (* received ppm)) (< (* received ppm) (* (+ q 1) whole))))
(declare-const received Int)
(declare-const more Int)
(declare-const ppm Int)
(declare-const other Int)
(declare-const before Int)
(declare-const after Int)
(declare-const one Int)
(declare-const two Int)
(declare-const three Int)
(assert (and (>= received 0) (>= more 0) (>= ppm 0) (>= other 0) (<= (+ ppm other) whole)))

; An entitlement that falls as more is received, so that what was claimed could exceed it.
(push)
(assert (and (floors before received ppm) (floors after (+ received more) ppm) (< after before)))
(check-sat)
(pop)

; An entitlement of more than was received.
(push)
(assert (and (floors before received ppm) (> before received)))
(check-sat)
(pop)

; Three payees of a whole split who get more than all of it, or leave three units or more.
(push)
(assert (floors one received ppm))
(assert (floors two received other))
(assert (floors three received (- whole ppm other)))
(assert (or (> (+ one two three) received) (>= (- received one two three) 3)))
(check-sat)
(pop)
