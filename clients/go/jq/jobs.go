package jq

import (
	"context"
	"time"
)

// JobInfo is what a queue knows of a job or record (JQ.GET). What has no value is zero.
type JobInfo struct {
	ID           string        `jq:"id"`
	State        State         `jq:"state"`
	Name         string        `jq:"name"`
	Payload      []byte        `jq:"payload"`
	Priority     int           `jq:"priority"`
	Attempt      int           `jq:"attempt"`       // the number of this or the next run, from 1
	Attempts     int           `jq:"attempts"`      // how many it may have
	Starts       int           `jq:"starts"`        // how often it was claimed
	FailuresLeft int           `jq:"failures-left"` // how many more an active job survives
	Losses       int           `jq:"losses"`
	AllLosses    int           `jq:"all-losses"`
	LossesLeft   int           `jq:"losses-left"`
	Backoff      string        `jq:"backoff"` // as in fixed/1000
	Dedup        string        `jq:"dedup"`   // in milliseconds, or kept
	Keep         time.Duration `jq:"keep"`
	MaxRun       time.Duration `jq:"maxrun"`
	Token        int64         `jq:"token"` // grows with each claim of the queue: fences off late workers
	Worker       string        `jq:"worker"`
	AddedAt      time.Time     `jq:"added-at"`
	DueAt        time.Time     `jq:"due-at"`
	LatestDueAt  time.Time     `jq:"latest-due-at"`
	ExpiresAt    time.Time     `jq:"expires-at"`
	ClaimedAt    time.Time     `jq:"claimed-at"`
	LeaseUntil   time.Time     `jq:"lease-until"`
	RunUntil     time.Time     `jq:"run-until"`
	FinishedAt   time.Time     `jq:"finished-at"`
	KeptUntil    time.Time     `jq:"kept-until"`
	RefusedUntil time.Time     `jq:"refused-until"`
	Group        string        `jq:"group"`
	Batch        string        `jq:"batch"`
	After        string        `jq:"after"`
	AfterOK      string        `jq:"afterok"`
	Hold         bool          `jq:"hold"`
	Front        bool          `jq:"front"`
	CancelAsked  bool          `jq:"cancel-asked"`
	Error        string        `jq:"error"`    // of the last run that failed
	Progress     []byte        `jq:"progress"` // the last one, also of an earlier run
	Result       []byte        `jq:"result"`
	LogLines     int           `jq:"log-lines"`
	History      []RunInfo     `jq:"history"` // the last runs, oldest first
	// Fields are those of Set.
	Fields map[string]string `jq:"fields"`
	// Others are what this version of the package does not know.
	Others map[string]any `jq:"*"`
}

// RunInfo is one earlier run of a job.
type RunInfo struct {
	Attempt   int       `jq:"attempt"`
	Worker    string    `jq:"worker"`
	ClaimedAt time.Time `jq:"claimed-at"`
	EndedAt   time.Time `jq:"ended-at"`
	Outcome   string    `jq:"outcome"` // failed, lost, released, completed
	Error     string    `jq:"error"`
}

// Get is one job or record; ErrNotFound if the id is unknown.
func (q *Queue) Get(ctx context.Context, id string) (*JobInfo, error) {
	reply, err := q.Call(ctx, "JQ.GET", id)
	if err != nil {
		return nil, err
	}
	if reply == nil {
		return nil, ErrNotFound
	}
	info := new(JobInfo)
	return info, decode(reply, info)
}

// Page is a part of a listing.
type Page[T any] struct {
	Items []T
	// Next is where the following page begins (Cursor); "0" when there is none.
	Next string
}

// pageOf reads [next cursor, entries].
func pageOf[T any](reply any, err error) (Page[T], error) {
	entries := list(reply)
	if err != nil || len(entries) < 2 {
		return Page[T]{Next: "0"}, err
	}
	items, err := decodeAll[T](entries[1])
	return Page[T]{Items: items, Next: text(entries[0])}, err
}

// List is a page of the jobs of a state, in the order in which they would run or have finished. Options: the selectors
// (Group, InBatch, ByWorker, Name, Priorities, Since, Until), Newest, Skip, Count (10 unless given), Cursor, WithPayload.
func (q *Queue) List(ctx context.Context, state State, options ...Option) (Page[JobInfo], error) {
	if state == Remembered { // ids without a record: there is nothing more to tell
		reply, err := q.ask(ctx, options, "JQ.LIST", state)
		return rememberedIDs(reply), err
	}
	return pageOf[JobInfo](q.ask(ctx, append(options[:len(options):len(options)], Option{"FULL"}), "JQ.LIST", state))
}

func rememberedIDs(reply any) Page[JobInfo] {
	page := Page[JobInfo]{Next: "0"}
	if entries := list(reply); len(entries) == 2 {
		page.Next = text(entries[0])
		for _, id := range list(entries[1]) {
			page.Items = append(page.Items, JobInfo{ID: text(id), State: Remembered})
		}
	}
	return page
}

// Count is how many jobs of a state there are, also by Group, ByWorker, Name, Priorities, Since and Until as far as the
// manual knows the number.
func (q *Queue) Count(ctx context.Context, state State, selectors ...Option) (int64, error) {
	return q.number(ctx, selectors, "JQ.COUNT", state)
}

// Log appends lines to the log of a job and says how many it has had; ErrNotFound if there is no such job.
func (q *Queue) Log(ctx context.Context, id string, lines ...string) (int64, error) {
	args := []any{id}
	for _, line := range lines {
		args = append(args, line)
	}
	count, err := q.number(ctx, nil, "JQ.LOG", args...)
	if err == nil && count < 0 {
		return 0, ErrNotFound
	}
	return count, err
}

// Logs are the lines that are kept of a job's log, the oldest first, and how many it has had. Options: Skip, Count (100
// unless given), Newest.
func (q *Queue) Logs(ctx context.Context, id string, options ...Option) (lines []string, total int64, err error) {
	reply, err := q.ask(ctx, options, "JQ.LOGS", id)
	if err != nil {
		return nil, 0, err
	}
	entries := list(reply)
	if len(entries) < 2 {
		return nil, 0, ErrNotFound
	}
	for _, line := range list(entries[1]) {
		lines = append(lines, text(line))
	}
	return lines, integer(entries[0]), nil
}
