package jq

import (
	"context"
	"time"
)

// Stats are the numbers of a queue (JQ.STATS).
type Stats struct {
	Waiting    int64 `jq:"waiting"`
	Delayed    int64 `jq:"delayed"`
	Blocked    int64 `jq:"blocked"`
	Active     int64 `jq:"active"`
	Completed  int64 `jq:"completed"` // records
	Failed     int64 `jq:"failed"`    // records
	Remembered int64 `jq:"remembered"`
	Batches    int64 `jq:"batches"`
	Groups     int64 `jq:"groups"`
	Claimable  int64 `jq:"claimable"` // what one claim could take now
	Waiters    int64 `jq:"waiters"`   // clients that wait in a claim
	Bytes      int64 `jq:"bytes"`
	Events     int64 `jq:"events"`

	Paused          bool          `jq:"paused"`
	PausedUntil     time.Time     `jq:"paused-until"` // Never: until Resume
	OldestClaimable time.Duration `jq:"oldest-claimable-ms"`
	NextDue         time.Duration `jq:"next-due-ms"` // Forever: nothing is due

	// What has happened since the queue was created.

	Added         int64 `jq:"added"`
	Duplicates    int64 `jq:"duplicates"`
	Replaced      int64 `jq:"replaced"`
	Reruns        int64 `jq:"reruns"`
	Claims        int64 `jq:"claims"`
	Acks          int64 `jq:"acks"`
	Nacks         int64 `jq:"nacks"`
	Retries       int64 `jq:"retries"`
	Losses        int64 `jq:"losses"`
	Releases      int64 `jq:"releases"`
	Failures      int64 `jq:"failures"`
	Expirations   int64 `jq:"expirations"`
	Cancellations int64 `jq:"cancellations"`
	Removals      int64 `jq:"removals"`
	StaleAcks     int64 `jq:"stale-acks"`

	// From claimable to claimed, and from claimed to acknowledged.

	WaitP50 time.Duration `jq:"wait-ms-p50"`
	WaitP95 time.Duration `jq:"wait-ms-p95"`
	WaitP99 time.Duration `jq:"wait-ms-p99"`
	WaitMax time.Duration `jq:"wait-ms-max"`
	RunP50  time.Duration `jq:"run-ms-p50"`
	RunP95  time.Duration `jq:"run-ms-p95"`
	RunP99  time.Duration `jq:"run-ms-p99"`
	RunMax  time.Duration `jq:"run-ms-max"`

	// Others are what this version of the package does not know.
	Others map[string]any `jq:"*"`
}

// Stats are the numbers of the queue.
func (q *Queue) Stats(ctx context.Context) (*Stats, error) {
	reply, err := q.Call(ctx, "JQ.STATS")
	if err != nil {
		return nil, err
	}
	stats := new(Stats)
	return stats, decode(reply, stats)
}

// Explanation says why something does not run, and what will change that.
type Explanation struct {
	State        State     `jq:"state"` // of a job
	Why          string    `jq:"why"`
	Until        time.Time `jq:"until"` // when time alone changes it
	RefusedUntil time.Time `jq:"refused-until"`
	// Others are the further facts that JQ.EXPLAIN tells of a queue, by the names of the manual.
	Others map[string]any `jq:"*"`
}

// Explain says what keeps the jobs of the queue back now.
func (q *Queue) Explain(ctx context.Context) (*Explanation, error) {
	return explanation(q.Call(ctx, "JQ.EXPLAIN"))
}

// ExplainJob says why this job is not running; ErrNotFound if the id is unknown.
func (q *Queue) ExplainJob(ctx context.Context, id string) (*Explanation, error) {
	return explanation(q.Call(ctx, "JQ.EXPLAIN", id))
}

func explanation(reply any, err error) (*Explanation, error) {
	switch {
	case err != nil:
		return nil, err
	case reply == nil:
		return nil, ErrNotFound
	}
	explained := new(Explanation)
	return explained, decode(reply, explained)
}

// WorkerInfo is what a queue knows of a worker (JQ.WORKERS).
type WorkerInfo struct {
	Worker           string    `jq:"worker"`
	Active           int64     `jq:"active"`
	OldestLeaseUntil time.Time `jq:"oldest-lease-until"`
	LastSeen         time.Time `jq:"last-seen"`
	Waiting          int64     `jq:"waiting"` // its clients that wait in a claim
	WaitingSince     time.Time `jq:"waiting-since"`
	// Others are what this version of the package does not know.
	Others map[string]any `jq:"*"`
}

// Workers is a page of the workers, by name. Options: Count (10 unless given), Cursor.
func (q *Queue) Workers(ctx context.Context, options ...Option) (Page[WorkerInfo], error) {
	return pageOf[WorkerInfo](q.ask(ctx, options, "JQ.WORKERS"))
}

// GroupInfo is what a queue knows of a lane (JQ.GROUPS).
type GroupInfo struct {
	Group       string    `jq:"group"`
	Waiting     int64     `jq:"waiting"`
	Active      int64     `jq:"active"`
	Claimable   int64     `jq:"claimable"`
	Paused      bool      `jq:"paused"`
	PausedUntil time.Time `jq:"paused-until"`
	Concurrency int64     `jq:"concurrency"`
	Rate        string    `jq:"rate"`
	Why         string    `jq:"why"` // while jobs wait and none may be claimed
	Until       time.Time `jq:"until"`
	// Others are what this version of the package does not know.
	Others map[string]any `jq:"*"`
}

// Groups is a page of the lanes, by name. Options: Count (10 unless given), Cursor.
func (q *Queue) Groups(ctx context.Context, options ...Option) (Page[GroupInfo], error) {
	return pageOf[GroupInfo](q.ask(ctx, options, "JQ.GROUPS"))
}

// NameInfo counts the jobs of one kind (JQ.NAMES).
type NameInfo struct {
	Name      string `jq:"name"`
	Waiting   int64  `jq:"waiting"`
	Delayed   int64  `jq:"delayed"`
	Blocked   int64  `jq:"blocked"`
	Active    int64  `jq:"active"`
	Completed int64  `jq:"completed"`
	Failed    int64  `jq:"failed"`
	// Others are what this version of the package does not know.
	Others map[string]any `jq:"*"`
}

// Names is a page of the kinds of jobs, in order. Options: Count (10 unless given), Cursor.
func (q *Queue) Names(ctx context.Context, options ...Option) (Page[NameInfo], error) {
	return pageOf[NameInfo](q.ask(ctx, options, "JQ.NAMES"))
}

// Minute is what happened in one minute.
type Minute struct {
	Begins                   time.Time
	Added, Completed, Failed int64
}

// Series are the last minutes, 1 to 20160 of them, the newest first.
func (q *Queue) Series(ctx context.Context, minutes int) ([]Minute, error) {
	reply, err := q.Call(ctx, "JQ.SERIES", minutes)
	entries := list(reply)
	series := make([]Minute, 0, len(entries))
	for _, entry := range entries {
		if n := integers(entry); len(n) >= 4 {
			series = append(series, Minute{Begins: time.UnixMilli(n[0]), Added: n[1], Completed: n[2], Failed: n[3]})
		}
	}
	return series, err
}

// Check are the discrepancies that a recount of everything finds: none, in a sound queue.
func (q *Queue) Check(ctx context.Context) ([]string, error) {
	reply, err := q.Call(ctx, "JQ.CHECK")
	var found []string
	for _, one := range list(reply) {
		found = append(found, text(one))
	}
	return found, err
}
