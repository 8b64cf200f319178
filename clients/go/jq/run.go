package jq

import (
	"context"
	"sync"
	"time"
)

// run is one run of a job by this worker, from its claim until its answer was answered.
type run struct {
	source *source
	job    *Job
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	until    time.Time   // the lease lasts at least until then, by the monotonic clock
	timer    *time.Timer // ends the context then
	verdict  error       // what the server has said: ErrLeaseLost, ErrCancelled
	answered bool        // an answer was decided on; there is only one
}

// runKey tells runs apart: a job that is claimed again has another token.
type runKey struct {
	queue string
	token int64
}

func newRun(s *source, queue string, info JobInfo, sent time.Time) *run {
	e := s.engine
	lease := min(e.lease, info.LeaseUntil.Sub(info.ClaimedAt)) // MAXRUN may have cut it
	r := &run{source: s, job: &Job{JobInfo: info, Queue: queue}, until: sent.Add(lease)}
	r.job.run = r
	r.ctx, r.cancel = context.WithCancelCause(e.base)
	r.timer = time.AfterFunc(time.Until(r.until), func() { r.cancel(ErrLeaseLost) })
	return r
}

func (r *run) key() runKey { return runKey{r.job.Queue, r.job.Token} }

// extended takes the answer to an EXTEND by d that was sent at an instant; its error says what the run has lost.
func (r *run) extended(sent time.Time, d time.Duration, answer int64) error {
	if answer > 1 { // MAXRUN allows less
		d = time.Duration(answer) * time.Millisecond
	}
	if answer >= 1 {
		r.mu.Lock()
		if until := sent.Add(d); answer > 1 || until.After(r.until) {
			r.until = until
			r.timer.Reset(time.Until(until))
		}
		r.mu.Unlock()
	}
	return r.told(answer)
}

// told takes what the server says of the lease, and ends the context if it is not ours any more.
func (r *run) told(answer int64) error {
	verdict := verdictOf(answer)
	if verdict != nil {
		r.mu.Lock()
		r.verdict = verdict
		r.mu.Unlock()
		r.cancel(verdict)
	}
	return verdict
}

// verdictOf is what an answer below 0 means.
func verdictOf(answer int64) error {
	switch answer {
	case -1, -2:
		return ErrLeaseLost
	case -3:
		return ErrCancelled
	}
	return nil
}

// said is what the server has said of the lease so far.
func (r *run) said() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.verdict
}

// leaseOver says whether no extension was answered for so long that the lease must have ended.
func (r *run) leaseOver() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !time.Now().Before(r.until)
}

// decide is true once: for the one that answers for this run.
func (r *run) decide() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answered {
		return false
	}
	r.answered = true
	return true
}

// end stops the clock of a run that was answered.
func (r *run) end() {
	r.timer.Stop()
	r.cancel(context.Canceled)
}
