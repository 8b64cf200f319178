package jq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// layoutTries is how often one call goes over to a newer layout. Grow and FinishGrowth are rare, so that few are plenty.
const layoutTries = 5

// Add enqueues a job on its shard, as Queue.Add does.
//
// A job that names a batch (InBatch, After, AfterOK) has an id that begins with the name of the batch in braces, as in
// {load 7}:1, because it must be on the shard of the batch. An id that is made here does; any other is refused.
func (s *ShardedQueue) Add(ctx context.Context, id string, payload any, options ...Option) (AddResult, error) {
	results, err := s.AddMany(ctx, []NewJob{{ID: id, Payload: payload, Options: options}})
	if err != nil {
		return AddResult{}, err
	}
	return results[0], nil
}

// AddMany enqueues jobs, with options for all of them, by one request to each shard (two for each job that moves while the
// shards grow). Those of one shard are added as if one after the other, all or none. With an error of some shard the
// results of its jobs are zero, and the others count.
func (s *ShardedQueue) AddMany(ctx context.Context, jobs []NewJob, options ...Option) ([]AddResult, error) {
	additions, err := additionsOf(jobs)
	if err != nil {
		return nil, err
	}
	for _, a := range additions {
		for _, batch := range batchesOf(slices.Concat(options, a.job.Options)) {
			if tag := "{" + string(hashed([]byte(batch))) + "}:"; a.made && !strings.HasPrefix(a.job.ID, tag) {
				a.job.ID = tag + a.job.ID
			}
			if err := s.checkBatch(ctx, a.job.ID, batch); err != nil {
				return nil, err
			}
		}
	}
	err = s.add(ctx, additions, options)
	return resultsOf(additions), err
}

// batchesOf are the batches that options name.
func batchesOf(options []Option) []string {
	var batches []string
	for _, option := range options {
		if len(option) == 2 && slices.Contains([]string{"BATCH", "AFTER", "AFTEROK"}, strings.ToUpper(text(option[0]))) {
			batches = append(batches, text(option[1]))
		}
	}
	return batches
}

// checkBatch refuses a job whose shard does not know its batch.
func (s *ShardedQueue) checkBatch(ctx context.Context, id, batch string) error {
	tag := hashed([]byte(batch))
	if !bytes.Equal(hashed([]byte(id)), tag) { // also where both are on the same shard by chance: with others they are not
		return fmt.Errorf("jq: the job %q may be on another shard than its batch %q: begin the id with {%s}", id, batch, tag)
	}
	now := *s.layout.Load()
	places := now.places(batch)
	if len(places) == 1 {
		return nil
	}
	switch _, err := s.shard(places[1]).Batch(ctx, batch); {
	case err == nil:
		return fmt.Errorf("jq: the batch %q began before %q grew from %d to %d shards, and takes no more jobs", batch, s.name, now.before, now.shards)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	return nil
}

// add sends the additions, again where a shard has meanwhile become one of more.
func (s *ShardedQueue) add(ctx context.Context, additions []*addition, options []Option) error {
	for try := 1; ; try++ {
		now := *s.layout.Load()
		byShard := make(map[int][]*addition)
		for _, a := range additions {
			shard := shardOf(a.job.ID, now.shards)
			byShard[shard] = append(byShard[shard], a)
		}
		shards := slices.Sorted(maps.Keys(byShard))
		err := atOnce(len(shards), func(i int) error {
			return s.addAt(ctx, now, shards[i], byShard[shards[i]], options)
		})
		if !errors.Is(err, ErrShards) || try == layoutTries {
			return err
		}
		if err := s.refresh(ctx, shards...); err != nil {
			return err
		}
		additions = slices.DeleteFunc(slices.Clone(additions), func(a *addition) bool { return a.result.ID != "" })
	}
}

// addAt adds jobs to one shard. An id that moves is asked for at its old place first, which answers if it knows it. If
// not, it says so by an error and will never take it again, so nobody adds it there while it is added here.
func (s *ShardedQueue) addAt(ctx context.Context, now layout, shard int, additions []*addition, options []Option) error {
	var fresh []*addition
	for _, a := range additions {
		places := now.places(a.job.ID)
		if len(places) == 1 || a.made { // an id that was made just now is known nowhere
			fresh = append(fresh, a)
			continue
		}
		err := s.shard(places[1]).addAll(ctx, []*addition{a}, countingOn(now.before, options))
		if errors.Is(err, ErrShards) {
			fresh = append(fresh, a)
		} else if err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return s.shard(shard).addAll(ctx, fresh, countingOn(now.shards, options))
}

// countingOn tells the server on how many shards the producer counts.
func countingOn(shards int, options []Option) []Option {
	return append([]Option{{"SHARDS", shards}}, options...)
}
