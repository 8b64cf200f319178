package jq

import (
	"context"
	"fmt"
)

// Answer is what became of one of the ids that Remove, Cancel, Promote, Retry or Change name.
type Answer int64

// The answers.
const (
	// Done: it was done.
	Done Answer = 1
	// Refused: the state of the job does not allow it.
	Refused Answer = 0
	// Unknown: there is no such job.
	Unknown Answer = -1
)

func answers(reply any, err error) ([]Answer, error) {
	numbers := integers(reply)
	made := make([]Answer, len(numbers))
	for i, number := range numbers {
		made[i] = Answer(number)
	}
	return made, err
}

// ofIDs sends a command about jobs that are named.
func (q *Queue) ofIDs(ctx context.Context, command string, ids []string, options []Option) ([]Answer, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return answers(q.ask(ctx, options, command, args...))
}

// ofAll sends a command about the selected jobs until it was done to all of them, and says to how many.
func (q *Queue) ofAll(ctx context.Context, options []Option, command string, args ...any) (int64, error) {
	total := int64(0)
	err := q.rounds(ctx, options, command, args, func(changed any) { total += integer(changed) })
	return total, err
}

// idsOfAll is ofAll with the ids instead of their number.
func (q *Queue) idsOfAll(ctx context.Context, options []Option, command string, args ...any) ([]string, error) {
	var ids []string
	options = append(options[:len(options):len(options)], Option{"IDS"})
	err := q.rounds(ctx, options, command, args, func(changed any) {
		for _, id := range list(changed) {
			ids = append(ids, text(id))
		}
	})
	return ids, err
}

// rounds sends a command until its cursor is at the end, and hands over what each reply has beside it.
func (q *Queue) rounds(ctx context.Context, options []Option, command string, args []any, take func(changed any)) error {
	for cursor := "0"; ; {
		page := append(options[:len(options):len(options)], Cursor(cursor))
		reply, err := q.ask(ctx, page, command, args...)
		if err != nil {
			return err
		}
		entries := list(reply)
		if len(entries) != 2 {
			return fmt.Errorf("jq: %s replied %v where a cursor and what was changed were expected", command, reply)
		}
		take(entries[1])
		if cursor = text(entries[0]); cursor == "0" {
			return nil
		}
	}
}

// Retry gives failed jobs fresh attempts. Options: Front, Set, Unset.
func (q *Queue) Retry(ctx context.Context, ids []string, options ...Option) ([]Answer, error) {
	return q.ofIDs(ctx, "JQ.RETRY", ids, options)
}

// RetryAll does that to all failed jobs that the selectors of List select, and says how many there were.
func (q *Queue) RetryAll(ctx context.Context, selectors ...Option) (int64, error) {
	return q.ofAll(ctx, selectors, "JQ.RETRY", "*")
}

// RetryAllIDs is RetryAll that tells the ids: to clean up what belongs to the jobs elsewhere. With an error it tells those so far.
func (q *Queue) RetryAllIDs(ctx context.Context, selectors ...Option) ([]string, error) {
	return q.idsOfAll(ctx, selectors, "JQ.RETRY", "*")
}

// Rerun lets completed jobs run once more. Options: Front, Set, Unset.
func (q *Queue) Rerun(ctx context.Context, ids []string, options ...Option) ([]Answer, error) {
	return q.ofIDs(ctx, "JQ.RERUN", ids, options)
}

// Cancel ends jobs that have not started; the worker of an active one is told.
func (q *Queue) Cancel(ctx context.Context, ids ...string) ([]Answer, error) {
	return q.ofIDs(ctx, "JQ.CANCEL", ids, nil)
}

// CancelAll does that to all unfinished jobs that the selectors of List select, and says how many there were.
func (q *Queue) CancelAll(ctx context.Context, selectors ...Option) (int64, error) {
	return q.ofAll(ctx, selectors, "JQ.CANCEL", "*")
}

// CancelAllIDs is CancelAll that tells the ids: to clean up what belongs to the jobs elsewhere. With an error it tells those so far.
func (q *Queue) CancelAllIDs(ctx context.Context, selectors ...Option) ([]string, error) {
	return q.idsOfAll(ctx, selectors, "JQ.CANCEL", "*")
}

// ReleaseWorker hands back all jobs that a worker holds, without using up an attempt, and says how many there were: for
// workers of your own that stop. A Worker does so by itself.
func (q *Queue) ReleaseWorker(ctx context.Context, worker string) (int64, error) {
	return q.number(ctx, nil, "JQ.RELEASE", "WORKER", worker)
}

// Promote makes delayed jobs, and those on hold, waiting. Options: Delay, Front.
func (q *Queue) Promote(ctx context.Context, ids []string, options ...Option) ([]Answer, error) {
	return q.ofIDs(ctx, "JQ.PROMOTE", ids, options)
}

// PromoteAll does that to all delayed jobs that the selectors of List select, and says how many there were.
func (q *Queue) PromoteAll(ctx context.Context, selectors ...Option) (int64, error) {
	return q.ofAll(ctx, selectors, "JQ.PROMOTE", "*")
}

// PromoteAllIDs is PromoteAll that tells the ids: to clean up what belongs to the jobs elsewhere. With an error it tells those so far.
func (q *Queue) PromoteAllIDs(ctx context.Context, selectors ...Option) ([]string, error) {
	return q.idsOfAll(ctx, selectors, "JQ.PROMOTE", "*")
}

// Remove removes jobs that are not active, records, and remembered ids with their windows.
func (q *Queue) Remove(ctx context.Context, ids ...string) ([]Answer, error) {
	return q.ofIDs(ctx, "JQ.REMOVE", ids, nil)
}

// Purge removes the records of completed or failed jobs, cancels waiting, delayed or blocked ones, or frees remembered
// ids, as the selectors of List and OlderThan select, and says how many there were.
func (q *Queue) Purge(ctx context.Context, state State, selectors ...Option) (int64, error) {
	return q.ofAll(ctx, selectors, "JQ.PURGE", state)
}

// PurgeIDs is Purge that tells the ids, as CancelAllIDs does.
func (q *Queue) PurgeIDs(ctx context.Context, state State, selectors ...Option) ([]string, error) {
	return q.idsOfAll(ctx, selectors, "JQ.PURGE", state)
}

// Change changes a job that has been added. Options: Option{"PAYLOAD", bytes}, Option{"PROGRESS", bytes}, Delay or At,
// Priority, Front.
func (q *Queue) Change(ctx context.Context, id string, options ...Option) (Answer, error) {
	answer, err := q.number(ctx, options, "JQ.CHANGE", id)
	return Answer(answer), err
}
