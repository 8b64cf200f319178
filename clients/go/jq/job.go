package jq

import (
	"context"
	"time"
)

// Job is what a handler gets. A Job that a test makes by hand, without a worker, has a context that is never done, and
// acts that do nothing.
type Job struct {
	JobInfo
	// Queue is the key it came from.
	Queue string

	run *run
}

// Context is the one that the handler gets, for bulk handlers.
func (j *Job) Context() context.Context {
	if j.run == nil {
		return context.Background()
	}
	return j.run.ctx
}

// SetProgress keeps data, JSON unless it is a []byte, with the job: as a checkpoint, the next run finds it in
// JobInfo.Progress. ErrLeaseLost and ErrCancelled say that the handler should end.
func (j *Job) SetProgress(ctx context.Context, data any) error {
	encoded, err := encode(data)
	if err != nil || j.run == nil {
		return err
	}
	reply, err := j.act(ctx, "JQ.PROGRESS", j.Token, j.ID, encoded)
	if err != nil {
		return err
	}
	return j.run.told(first(reply))
}

// Log appends lines to the log of the job.
func (j *Job) Log(ctx context.Context, lines ...string) error {
	if j.run == nil {
		return nil
	}
	_, err := NewQueue(j.run.source.engine.client, j.Queue).Log(ctx, j.ID, lines...)
	return err
}

// Extend lets the lease end no sooner than d from now. The worker extends leases by itself: this is for what must not
// depend on that.
func (j *Job) Extend(ctx context.Context, d time.Duration) error {
	if j.run == nil {
		return nil
	}
	sent := time.Now()
	reply, err := j.act(ctx, "JQ.EXTEND", d, j.Token, j.ID)
	if err != nil {
		return err
	}
	return j.run.extended(sent, d, first(reply))
}

func (j *Job) act(ctx context.Context, command string, args ...any) (any, error) {
	return NewQueue(j.run.source.engine.client, j.Queue).Call(ctx, command, args...)
}

// first is the answer for the only job of a command.
func first(reply any) int64 {
	if answers := integers(reply); len(answers) > 0 {
		return answers[0]
	}
	return 0
}
