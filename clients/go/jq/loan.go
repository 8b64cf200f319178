package jq

import "time"

// replyIsLate is after what time a reply that is due counts as late.
const replyIsLate = time.Second

// loan are slots that are taken while a request is on its way. In a worker of shards they go to the other shards when the
// reply is late: its node hangs, perhaps for long.
type loan struct {
	n    int
	late *time.Timer // nil: they stay
}

// lend notes that slots are taken by a request whose reply is due in that time at most.
func (e *engine) lend(source *source, n int, due time.Duration) *loan {
	l := &loan{n: n}
	if e.worker.Shards != nil && n > 0 {
		l.late = time.AfterFunc(due+replyIsLate, func() { e.release(source, n) })
	}
	return l
}

// back is how many of the slots are the request's still.
func (l *loan) back() int {
	if l.late != nil && !l.late.Stop() {
		return 0
	}
	return l.n
}
