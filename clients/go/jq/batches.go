package jq

import (
	"context"
	"time"
)

// awaitRound is how long one command waits on the server: shorter than the read timeout of any client, so that waiting
// needs no connection of its own.
const awaitRound = time.Second

// BatchInfo is what a queue knows of a batch (JQ.BATCH).
type BatchInfo struct {
	Sealed     bool      `jq:"sealed"`
	Finished   bool      `jq:"finished"`
	Total      int64     `jq:"total"`
	Pending    int64     `jq:"pending"`
	Completed  int64     `jq:"completed"`
	Failed     int64     `jq:"failed"`
	Expired    int64     `jq:"expired"`
	Cancelled  int64     `jq:"cancelled"`
	Duplicates int64     `jq:"duplicates"`
	Blocked    int64     `jq:"blocked"`
	CreatedAt  time.Time `jq:"created-at"`
	FinishedAt time.Time `jq:"finished-at"`
	// Others are what this version of the package does not know.
	Others map[string]any `jq:"*"`
}

// NamedBatch is an entry of Batches.
type NamedBatch struct {
	Batch string
	BatchInfo
}

// Seal says that the batch takes no more members; false if it was sealed before.
func (q *Queue) Seal(ctx context.Context, batch string) (bool, error) {
	done, err := q.number(ctx, nil, "JQ.SEAL", batch)
	return done == 1, err
}

// Batch is the state of a batch; ErrNotFound if it is unknown.
func (q *Queue) Batch(ctx context.Context, batch string) (*BatchInfo, error) {
	return batchInfo(q.Call(ctx, "JQ.BATCH", batch))
}

func batchInfo(reply any, err error) (*BatchInfo, error) {
	switch {
	case err != nil:
		return nil, err
	case reply == nil:
		return nil, ErrNotFound
	}
	info := new(BatchInfo)
	return info, decode(reply, info)
}

// Batches is a page of all batches, the oldest first. Options: Count, Cursor.
func (q *Queue) Batches(ctx context.Context, options ...Option) (Page[NamedBatch], error) {
	page := Page[NamedBatch]{Next: "0"}
	reply, err := q.ask(ctx, options, "JQ.BATCHES")
	entries := list(reply)
	if err != nil || len(entries) < 2 {
		return page, err
	}
	page.Next = text(entries[0])
	for _, entry := range list(entries[1]) {
		pair := list(entry)
		named := NamedBatch{Batch: text(pair[0])}
		if err := decode(pair[1], &named.BatchInfo); err != nil {
			return page, err
		}
		page.Items = append(page.Items, named)
	}
	return page, nil
}

// Forget removes a batch that nothing waits for; false if there is none, or something waits.
func (q *Queue) Forget(ctx context.Context, batch string) (bool, error) {
	done, err := q.number(ctx, nil, "JQ.FORGET", batch)
	return done == 1, err
}

// AwaitBatch waits until the batch is sealed and nothing of it is pending, or ctx is done. Lost connections are waited
// out. ErrNotFound if the batch is unknown.
func (q *Queue) AwaitBatch(ctx context.Context, batch string) (*BatchInfo, error) {
	for {
		info, err := batchInfo(q.round(ctx, "JQ.AWAIT", "BATCH", batch, awaitRound))
		if err != nil || info.Sealed && info.Pending == 0 {
			return info, err
		}
	}
}

// AwaitJob waits until the job has ended, or ctx is done, and tells how it ended and its result (nil: none). Lost
// connections are waited out. ErrNotFound if the id is unknown.
func (q *Queue) AwaitJob(ctx context.Context, id string) (State, []byte, error) {
	for {
		reply, err := q.round(ctx, "JQ.AWAIT", "JOB", id, awaitRound)
		if err != nil {
			return "", nil, err
		}
		entries := list(reply)
		if len(entries) < 2 {
			return "", nil, ErrNotFound
		}
		switch state := State(text(entries[0])); state {
		case Waiting, Delayed, Blocked, Active: // the round is over
		default:
			if entries[1] == nil {
				return state, nil, nil
			}
			return state, []byte(text(entries[1])), nil
		}
	}
}

// AwaitIdle waits until no job is active, or ctx is done: after Pause, before a deploy.
func (q *Queue) AwaitIdle(ctx context.Context) error {
	for {
		active, err := q.round(ctx, "JQ.AWAIT", "IDLE", awaitRound)
		if err != nil || integer(active) == 0 {
			return err
		}
	}
}

// round sends a command that waits on the server, again where the way to the server is broken, and returns as soon as
// ctx is done: clients do not interrupt a read, so the command is left to end by itself.
func (q *Queue) round(ctx context.Context, command string, args ...any) (any, error) {
	type result struct {
		reply any
		err   error
	}
	ended := make(chan result, 1)
	go func() {
		var waits backoff
		for {
			reply, err := q.Call(context.WithoutCancel(ctx), command, args...)
			if err == nil || !passing(err) || ctx.Err() != nil {
				ended <- result{reply, err}
				return
			}
			waits.sleep(ctx.Done())
		}
	}()
	select {
	case result := <-ended:
		return result.reply, result.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
