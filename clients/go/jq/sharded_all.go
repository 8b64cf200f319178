package jq

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Each calls with every shard, many at the same time, and joins the errors.
func (s *ShardedQueue) Each(ctx context.Context, call func(shard int, queue *Queue) error) error {
	return atOnce(s.current(ctx).shards, func(i int) error { return call(i, s.shard(i)) })
}

// sum is the sum of what every shard gives.
func (s *ShardedQueue) sum(ctx context.Context, ask func(*Queue) (int64, error)) (int64, error) {
	var total atomic.Int64
	err := s.Each(ctx, func(_ int, q *Queue) error {
		n, err := ask(q)
		total.Add(n)
		return err
	})
	return total.Load(), err
}

// ids are those that all shards give.
func (s *ShardedQueue) ids(ctx context.Context, ask func(*Queue) ([]string, error)) ([]string, error) {
	all := make([][]string, s.current(ctx).shards)
	err := atOnce(len(all), func(i int) (err error) {
		all[i], err = ask(s.shard(i))
		return err
	})
	return slices.Concat(all...), err
}

// any says whether some shard gives true.
func (s *ShardedQueue) any(ctx context.Context, ask func(*Queue) (bool, error)) (bool, error) {
	yes, err := s.sum(ctx, func(q *Queue) (int64, error) {
		is, err := ask(q)
		if is {
			return 1, err
		}
		return 0, err
	})
	return yes > 0, err
}

// Stats are the numbers of all shards together: counts are summed, and of durations and instants the largest holds, of
// NextDue the smallest. Paused says that some shard is. Each with Queue.Stats has those of the shards.
func (s *ShardedQueue) Stats(ctx context.Context) (*Stats, error) {
	all := make([]*Stats, s.current(ctx).shards)
	err := atOnce(len(all), func(i int) (err error) {
		all[i], err = s.shard(i).Stats(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	total := all[0]
	for _, other := range all[1:] {
		total.add(other)
	}
	return total, nil
}

// add makes of the numbers of two shards those of both.
func (s *Stats) add(other *Stats) {
	next := s.NextDue
	if next == Forever || other.NextDue != Forever && other.NextDue < next {
		next = other.NextDue
	}
	into, from := reflect.ValueOf(s).Elem(), reflect.ValueOf(other).Elem()
	for i := range into.NumField() {
		switch a := into.Field(i).Addr().Interface().(type) {
		case *int64:
			*a += from.Field(i).Int()
		case *time.Duration:
			*a = max(*a, time.Duration(from.Field(i).Int()))
		case *time.Time:
			if b := from.Field(i).Interface().(time.Time); b.After(*a) {
				*a = b
			}
		case *bool:
			*a = *a || from.Field(i).Bool()
		}
	}
	for name, value := range s.Others {
		if a, ok := value.(int64); ok {
			s.Others[name] = a + integer(other.Others[name])
		}
	}
	s.NextDue = next
}

// Count is how many jobs of a state there are, as Queue.Count says it of each shard.
func (s *ShardedQueue) Count(ctx context.Context, state State, selectors ...Option) (int64, error) {
	return s.sum(ctx, func(q *Queue) (int64, error) { return q.Count(ctx, state, selectors...) })
}

// List is a page of the jobs of a state: of one shard after the other, so the order is that of each shard, and a page that
// is not the last may be short or empty. Options are those of Queue.List; Skip counts in each shard.
func (s *ShardedQueue) List(ctx context.Context, state State, options ...Option) (Page[JobInfo], error) {
	return pageOver(ctx, s, options, func(q *Queue, options []Option) (Page[JobInfo], error) {
		return q.List(ctx, state, options...)
	})
}

// Batches is a page of the batches, of one shard after the other. Options: Count, Cursor.
func (s *ShardedQueue) Batches(ctx context.Context, options ...Option) (Page[NamedBatch], error) {
	return pageOver(ctx, s, options, func(q *Queue, options []Option) (Page[NamedBatch], error) {
		return q.Batches(ctx, options...)
	})
}

// pageOver is a page of a listing of all shards. Its cursor is the number of the shard and the cursor there, as in 3:57.
func pageOver[T any](ctx context.Context, s *ShardedQueue, options []Option, ask func(*Queue, []Option) (Page[T], error)) (Page[T], error) {
	shard, cursor := 0, "0"
	options = slices.DeleteFunc(slices.Clone(options), func(o Option) bool {
		is := len(o) == 2 && strings.EqualFold(text(o[0]), "CURSOR")
		if before, after, split := strings.Cut(text(o[len(o)-1]), ":"); is && split {
			if number, err := strconv.Atoi(before); err == nil {
				shard, cursor = number, after
			}
		}
		return is
	})
	page, err := ask(s.shard(shard), append(options, Cursor(cursor)))
	switch {
	case err != nil:
		return page, err
	case page.Next != "0":
		page.Next = strconv.Itoa(shard) + ":" + page.Next
	case shard+1 < s.current(ctx).shards:
		page.Next = strconv.Itoa(shard+1) + ":0"
	}
	return page, nil
}

// RetryAll does what Retry does to all failed jobs that the selectors of List select, and says how many there were.
func (s *ShardedQueue) RetryAll(ctx context.Context, selectors ...Option) (int64, error) {
	return s.sum(ctx, func(q *Queue) (int64, error) { return q.RetryAll(ctx, selectors...) })
}

// RetryAllIDs is RetryAll that tells the ids.
func (s *ShardedQueue) RetryAllIDs(ctx context.Context, selectors ...Option) ([]string, error) {
	return s.ids(ctx, func(q *Queue) ([]string, error) { return q.RetryAllIDs(ctx, selectors...) })
}

// CancelAll does what Cancel does to all unfinished jobs that the selectors of List select, and says how many there were.
func (s *ShardedQueue) CancelAll(ctx context.Context, selectors ...Option) (int64, error) {
	return s.sum(ctx, func(q *Queue) (int64, error) { return q.CancelAll(ctx, selectors...) })
}

// CancelAllIDs is CancelAll that tells the ids.
func (s *ShardedQueue) CancelAllIDs(ctx context.Context, selectors ...Option) ([]string, error) {
	return s.ids(ctx, func(q *Queue) ([]string, error) { return q.CancelAllIDs(ctx, selectors...) })
}

// PromoteAll does what Promote does to all delayed jobs that the selectors of List select, and says how many there were.
func (s *ShardedQueue) PromoteAll(ctx context.Context, selectors ...Option) (int64, error) {
	return s.sum(ctx, func(q *Queue) (int64, error) { return q.PromoteAll(ctx, selectors...) })
}

// PromoteAllIDs is PromoteAll that tells the ids.
func (s *ShardedQueue) PromoteAllIDs(ctx context.Context, selectors ...Option) ([]string, error) {
	return s.ids(ctx, func(q *Queue) ([]string, error) { return q.PromoteAllIDs(ctx, selectors...) })
}

// ReleaseWorker hands back all jobs that a worker holds, as Queue.ReleaseWorker does.
func (s *ShardedQueue) ReleaseWorker(ctx context.Context, worker string) (int64, error) {
	return s.sum(ctx, func(q *Queue) (int64, error) { return q.ReleaseWorker(ctx, worker) })
}

// Purge removes, cancels or frees, as Queue.Purge does, and says how many there were.
func (s *ShardedQueue) Purge(ctx context.Context, state State, selectors ...Option) (int64, error) {
	return s.sum(ctx, func(q *Queue) (int64, error) { return q.Purge(ctx, state, selectors...) })
}

// PurgeIDs is Purge that tells the ids.
func (s *ShardedQueue) PurgeIDs(ctx context.Context, state State, selectors ...Option) ([]string, error) {
	return s.ids(ctx, func(q *Queue) ([]string, error) { return q.PurgeIDs(ctx, state, selectors...) })
}

// Pause lets no job be claimed; false if all shards were paused before. Options: Group for one lane, For for a while.
func (s *ShardedQueue) Pause(ctx context.Context, options ...Option) (bool, error) {
	return s.any(ctx, func(q *Queue) (bool, error) { return q.Pause(ctx, options...) })
}

// Resume ends a pause; false if there was none. Options are those of Queue.Resume.
func (s *ShardedQueue) Resume(ctx context.Context, options ...Option) (bool, error) {
	return s.any(ctx, func(q *Queue) (bool, error) { return q.Resume(ctx, options...) })
}

// Config are the settings of the first shard, by the names of the manual. SetConfig keeps those of all alike.
func (s *ShardedQueue) Config(ctx context.Context) (map[string]string, error) {
	return s.shard(0).Config(ctx)
}

// SetConfig changes settings of every shard. Limits hold for each: SetConfig(ctx, "concurrency", 50) of 8 shards lets 400
// jobs be active.
func (s *ShardedQueue) SetConfig(ctx context.Context, field string, value any, more ...any) error {
	return s.Each(ctx, func(_ int, q *Queue) error { return q.SetConfig(ctx, field, value, more...) })
}

// SetGroup gives a lane limits of its own in every shard. A group whose ids share a {tag} is on one of them, and its
// limits are exact.
func (s *ShardedQueue) SetGroup(ctx context.Context, group, field string, value any, more ...any) error {
	return s.Each(ctx, func(_ int, q *Queue) error { return q.SetGroup(ctx, group, field, value, more...) })
}

// AwaitIdle waits until no job is active in any shard, or ctx is done.
func (s *ShardedQueue) AwaitIdle(ctx context.Context) error {
	return s.Each(ctx, func(_ int, q *Queue) error { return q.AwaitIdle(ctx) })
}

// Check are the discrepancies that a recount of everything finds, with the key in front: none, in sound shards.
func (s *ShardedQueue) Check(ctx context.Context) ([]string, error) {
	all := make([][]string, s.current(ctx).shards)
	err := atOnce(len(all), func(i int) error {
		q := s.shard(i)
		found, err := q.Check(ctx)
		for _, one := range found {
			all[i] = append(all[i], q.Name()+": "+one)
		}
		return err
	})
	return slices.Concat(all...), err
}

// Schedule lets the shard of the name add a job at every instant of a timetable, as Queue.Schedule does. Its jobs are on
// that shard, whatever their ids: ask ShardOf(name) for them.
func (s *ShardedQueue) Schedule(ctx context.Context, name string, payload any, timetable Option, options ...Option) (time.Time, error) {
	home := shardOf(name, s.current(ctx).shards)
	next, err := s.shard(home).Schedule(ctx, name, payload, timetable, options...)
	if err != nil {
		return next, err
	}
	return next, s.Each(ctx, func(shard int, q *Queue) error {
		if shard == home {
			return nil
		}
		_, err := q.Unschedule(ctx, name) // it was there before the shards grew
		return err
	})
}

// Unschedule removes a schedule; false if there is none.
func (s *ShardedQueue) Unschedule(ctx context.Context, name string) (bool, error) {
	return s.any(ctx, func(q *Queue) (bool, error) { return q.Unschedule(ctx, name) })
}

// Schedules are all schedules, by name.
func (s *ShardedQueue) Schedules(ctx context.Context) ([]ScheduleInfo, error) {
	all := make([][]ScheduleInfo, s.current(ctx).shards)
	err := atOnce(len(all), func(i int) (err error) {
		all[i], err = s.shard(i).Schedules(ctx)
		return err
	})
	schedules := slices.Concat(all...)
	slices.SortFunc(schedules, func(a, b ScheduleInfo) int { return strings.Compare(a.Name, b.Name) })
	return schedules, err
}
