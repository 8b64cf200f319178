package jq

import (
	"errors"
	"fmt"
)

// refusal says whether the server has taken offence at the answer itself, such as a result that is too large.
func refusal(err error) bool {
	return errors.Is(err, ErrInvalid) && !passing(err) || errors.Is(err, ErrOutOfMemory)
}

// settle tells the hooks what the server has said of each answer.
func (s *sender) settle(group []*answer, replies []int64, err error) {
	switch {
	case err != nil && refusal(err) && len(group) > 1: // one of them: which?
		for _, a := range group {
			a.slot = false
			s.send([]*answer{a})
		}
	case err != nil && refusal(err) && group[0].result != nil: // the job is not completed without its result
		failed := &answer{run: group[0].run, verb: "JQ.NACK", options: []any{"ERROR", err.Error()}, err: err}
		if errors.Is(err, ErrInvalid) {
			failed.options = append(failed.options, "FATAL")
		}
		s.send([]*answer{failed})
	case err != nil || len(replies) < len(group):
		for _, a := range group {
			s.engine.lose(a.run, fmt.Errorf("jq: the answer was not taken: %w", or(err, ErrLeaseLost)))
		}
	default:
		for i, a := range group {
			s.engine.settle(a, replies[i])
		}
	}
}

// settle is the end of a run.
func (e *engine) settle(a *answer, reply int64) {
	if lost := verdictOf(reply); lost != nil {
		e.lose(a.run, lost)
		return
	}
	a.run.source.known.finish(a.run)
	switch a.verb {
	case "JQ.ACK":
		hook(e, e.worker.Hooks.Completed, a.run.job)
	case "JQ.NACK":
		if e.worker.Hooks.Failed != nil {
			e.guarded(func() { e.worker.Hooks.Failed(a.run.job, a.err, reply == 2) })
		}
	}
}

// lose is the end of a run that has not done its job.
func (e *engine) lose(r *run, cause error) {
	r.source.known.finish(r)
	e.log.Warn("jq: a job was not done by this run", "queue", r.job.Queue, "job", r.job.ID, "attempt", r.job.Attempt, "cause", cause)
	if e.worker.Hooks.Lost != nil {
		e.guarded(func() { e.worker.Hooks.Lost(r.job, cause) })
	}
}

// handBack releases runs for which nobody has answered.
func (e *engine) handBack(runs []*run) {
	for _, r := range runs {
		if r.decide() {
			e.sender(r.job.Queue).put(&answer{run: r, verb: "JQ.RELEASE"})
		}
	}
}
