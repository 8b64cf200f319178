package jq

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// found asks the shard of an id, and while the shards grow and that one does not know it, the one where it was before.
// That an id is unknown is believed only if there are as many shards as was thought.
func found[T any](ctx context.Context, s *ShardedQueue, id string, ask func(*Queue) (T, error)) (T, error) {
	for now := *s.layout.Load(); ; {
		var answer T
		var err error
		for _, place := range now.places(id) {
			if answer, err = ask(s.shard(place)); !errors.Is(err, ErrNotFound) {
				return answer, err
			}
		}
		asked := now
		if failed := s.refresh(ctx); failed != nil {
			return answer, failed
		}
		if now = *s.layout.Load(); now == asked {
			return answer, err
		}
	}
}

// Get is one job or record; ErrNotFound if the id is unknown.
func (s *ShardedQueue) Get(ctx context.Context, id string) (*JobInfo, error) {
	return found(ctx, s, id, func(q *Queue) (*JobInfo, error) { return q.Get(ctx, id) })
}

// ExplainJob says why this job is not running; ErrNotFound if the id is unknown.
func (s *ShardedQueue) ExplainJob(ctx context.Context, id string) (*Explanation, error) {
	return found(ctx, s, id, func(q *Queue) (*Explanation, error) { return q.ExplainJob(ctx, id) })
}

// Change changes a job that has been added, as Queue.Change does.
func (s *ShardedQueue) Change(ctx context.Context, id string, options ...Option) (Answer, error) {
	answers, err := s.ofIDs(ctx, []string{id}, func(q *Queue, ids []string) ([]Answer, error) {
		answer, err := q.Change(ctx, ids[0], options...)
		return []Answer{answer}, err
	})
	return answers[0], err
}

// Log appends lines to the log of a job and says how many it has had; ErrNotFound if there is no such job.
func (s *ShardedQueue) Log(ctx context.Context, id string, lines ...string) (int64, error) {
	return found(ctx, s, id, func(q *Queue) (int64, error) { return q.Log(ctx, id, lines...) })
}

// Logs are the lines that are kept of a job's log, as Queue.Logs gives them.
func (s *ShardedQueue) Logs(ctx context.Context, id string, options ...Option) (lines []string, total int64, err error) {
	lines, err = found(ctx, s, id, func(q *Queue) ([]string, error) {
		lines, total, err = q.Logs(ctx, id, options...)
		return lines, err
	})
	return lines, total, err
}

// AwaitJob waits until the job has ended, as Queue.AwaitJob does.
func (s *ShardedQueue) AwaitJob(ctx context.Context, id string) (state State, result []byte, err error) {
	result, err = found(ctx, s, id, func(q *Queue) ([]byte, error) {
		state, result, err = q.AwaitJob(ctx, id)
		return result, err
	})
	return state, result, err
}

// Seal says that the batch takes no more members; false if it was sealed before. A batch is on the shard of its name.
func (s *ShardedQueue) Seal(ctx context.Context, batch string) (bool, error) {
	home, err := s.homeOf(ctx, batch)
	if err != nil {
		return false, err
	}
	return home.Seal(ctx, batch)
}

// Batch is the state of a batch; ErrNotFound if it is unknown.
func (s *ShardedQueue) Batch(ctx context.Context, batch string) (*BatchInfo, error) {
	return found(ctx, s, batch, func(q *Queue) (*BatchInfo, error) { return q.Batch(ctx, batch) })
}

// Forget removes a batch that nothing waits for; false if there is none, or something waits.
func (s *ShardedQueue) Forget(ctx context.Context, batch string) (bool, error) {
	home, err := s.homeOf(ctx, batch)
	if err != nil {
		return false, err
	}
	return home.Forget(ctx, batch)
}

// AwaitBatch waits until the batch is sealed and nothing of it is pending, as Queue.AwaitBatch does.
func (s *ShardedQueue) AwaitBatch(ctx context.Context, batch string) (*BatchInfo, error) {
	return found(ctx, s, batch, func(q *Queue) (*BatchInfo, error) { return q.AwaitBatch(ctx, batch) })
}

// homeOf is the shard that has a batch; of one that is not there, the shard on which it belongs.
func (s *ShardedQueue) homeOf(ctx context.Context, batch string) (*Queue, error) {
	home, err := found(ctx, s, batch, func(q *Queue) (*Queue, error) {
		_, err := q.Batch(ctx, batch)
		return q, err
	})
	if errors.Is(err, ErrNotFound) {
		return s.ShardOf(batch), nil
	}
	return home, err
}

// Retry gives failed jobs fresh attempts. Options: Front, Set, Unset.
func (s *ShardedQueue) Retry(ctx context.Context, ids []string, options ...Option) ([]Answer, error) {
	return s.ofIDs(ctx, ids, func(q *Queue, some []string) ([]Answer, error) { return q.Retry(ctx, some, options...) })
}

// Rerun lets completed jobs run once more. Options: Front, Set, Unset.
func (s *ShardedQueue) Rerun(ctx context.Context, ids []string, options ...Option) ([]Answer, error) {
	return s.ofIDs(ctx, ids, func(q *Queue, some []string) ([]Answer, error) { return q.Rerun(ctx, some, options...) })
}

// Promote makes delayed jobs, and those on hold, waiting. Options: Delay, Front.
func (s *ShardedQueue) Promote(ctx context.Context, ids []string, options ...Option) ([]Answer, error) {
	return s.ofIDs(ctx, ids, func(q *Queue, some []string) ([]Answer, error) { return q.Promote(ctx, some, options...) })
}

// Cancel ends jobs that have not started; the worker of an active one is told.
func (s *ShardedQueue) Cancel(ctx context.Context, ids ...string) ([]Answer, error) {
	return s.ofIDs(ctx, ids, func(q *Queue, some []string) ([]Answer, error) { return q.Cancel(ctx, some...) })
}

// Remove removes jobs that are not active, records, and remembered ids with their windows.
func (s *ShardedQueue) Remove(ctx context.Context, ids ...string) ([]Answer, error) {
	return s.ofIDs(ctx, ids, func(q *Queue, some []string) ([]Answer, error) { return q.Remove(ctx, some...) })
}

// ofIDs asks the shards of many ids at once, and while they grow the old shards for what the new ones do not know. The
// answers are in the order of the ids; with an error of some shard those of its ids are Unknown.
func (s *ShardedQueue) ofIDs(ctx context.Context, ids []string, ask func(*Queue, []string) ([]Answer, error)) ([]Answer, error) {
	answers := slices.Repeat([]Answer{Unknown}, len(ids))
	for now := *s.layout.Load(); ; {
		for round := range 2 {
			if err := s.askUnknown(now, round, ids, answers, ask); err != nil {
				return answers, err
			}
		}
		if !slices.Contains(answers, Unknown) {
			return answers, nil
		}
		asked := now
		if err := s.refresh(ctx); err != nil {
			return answers, err
		}
		if now = *s.layout.Load(); now == asked {
			return answers, nil
		}
	}
}

// askUnknown asks for the ids that have no other answer than Unknown: at their place in round 0, where they were before in
// round 1.
func (s *ShardedQueue) askUnknown(
	now layout, round int, ids []string, answers []Answer, ask func(*Queue, []string) ([]Answer, error),
) error {
	byShard := make(map[int][]int) // indices of ids
	for i, id := range ids {
		if places := now.places(id); round < len(places) && answers[i] == Unknown {
			byShard[places[round]] = append(byShard[places[round]], i)
		}
	}
	shards := slices.Collect(maps.Keys(byShard))
	return atOnce(len(shards), func(i int) error {
		indices := byShard[shards[i]]
		some := make([]string, len(indices))
		for j, index := range indices {
			some[j] = ids[index]
		}
		told, err := ask(s.shard(shards[i]), some)
		for j, answer := range told[:min(len(told), len(indices))] {
			answers[indices[j]] = answer
		}
		return err
	})
}
