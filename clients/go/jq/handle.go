package jq

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// handle calls the handler for a unit and sees to its answers. It runs in a goroutine of its own.
func (e *engine) handle(runs unit) {
	defer e.slots.leave()
	if e.worker.Bulk != nil {
		e.handleMany(runs)
		return
	}
	r := runs[0]
	var result any
	err := e.protected(r.job, func() (err error) {
		result, err = e.handler(r.ctx, r.job)
		return err
	})
	if !e.answer(r, result, err, e.hasNext) {
		e.release(r.source, 1)
	}
}

// handleMany is handle for a bulk handler. Its slot is free at once, since bulk claims do not come with the answers.
func (e *engine) handleMany(runs unit) {
	ctx, cancel := context.WithCancelCause(e.base)
	defer cancel(nil)
	var left atomic.Int64
	left.Add(int64(len(runs)))
	jobs := make([]*Job, len(runs))
	for i, r := range runs {
		jobs[i] = r.job
		defer context.AfterFunc(r.ctx, func() {
			if left.Add(-1) == 0 {
				cancel(context.Cause(r.ctx))
			}
		})()
	}
	failures := make([]error, len(runs))
	failed := e.protected(jobs[0], func() error {
		return spread(failures, e.worker.Bulk.Handler(ctx, jobs))
	})
	for i, r := range runs {
		e.answer(r, nil, or(failed, failures[i]), false)
	}
	e.release(runs[0].source, 1)
}

// spread copies the errors of a bulk handler, which has one for each job or none at all.
func spread(failures, returned []error) error {
	if len(returned) != 0 && len(returned) != len(failures) {
		return fmt.Errorf("jq: the bulk handler returned %d errors for %d jobs", len(returned), len(failures))
	}
	copy(failures, returned)
	return nil
}

// release gives slots of a source back.
func (e *engine) release(source *source, n int) {
	for _, unit := range e.slots.offer(source, n) {
		e.handBack(unit)
	}
}

// protected turns a panic into an error.
func (e *engine) protected(job *Job, call func() error) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failed := &PanicError{Value: panicked, Stack: debug.Stack()}
			e.log.Error("jq: a handler panicked", "queue", job.Queue, "job", job.ID, "panic", panicked, "stack", string(failed.Stack))
			err = failed
		}
	}()
	return call()
}

// answer says what the server is told of a run, and whether the slot goes with it.
func (e *engine) answer(r *run, result any, err error, hasNext bool) bool {
	if !r.decide() {
		return false
	}
	a := decision(r, result, err)
	if a == nil {
		e.lose(r, ErrLeaseLost)
		return false
	}
	a.slot = hasNext && a.verb != "JQ.RELEASE"
	e.sender(r.job.Queue).put(a)
	return a.slot
}

// decision is the answer that follows from what the handler returned; nil if there is none to give, because the lease
// was lost. A handler that has succeeded without a lease answers all the same: it counts if nobody has claimed the job since.
func decision(r *run, result any, err error) *answer {
	said := r.said()
	if said == ErrLeaseLost || err != nil && said == nil && r.leaseOver() {
		return nil
	}
	if err == nil && result != nil {
		data, failed := encode(result)
		if failed == nil {
			return &answer{run: r, verb: "JQ.ACK", result: data}
		}
		err = Fatal(failed)
	}
	var later *NotNowError
	stopping := context.Cause(r.ctx) == ErrStopping
	switch {
	case err == nil:
		return &answer{run: r, verb: "JQ.ACK"}
	case errors.As(err, &later):
		return &answer{run: r, verb: "JQ.RELEASE", options: []any{"DELAY", later.Delay}}
	case said == ErrCancelled || stopping:
		return &answer{run: r, verb: "JQ.RELEASE"}
	case asFatal(err):
		return &answer{run: r, verb: "JQ.NACK", options: []any{"ERROR", err.Error(), "FATAL"}, err: err}
	}
	return &answer{run: r, verb: "JQ.NACK", options: []any{"ERROR", err.Error()}, err: err}
}
