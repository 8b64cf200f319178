package jq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// layoutAge is how old what a ShardedQueue knows of its shards may be when it is asked about jobs. Adding needs no such bound:
// the server refuses a producer that counts on another number.
const layoutAge = 5 * time.Second

// ShardedQueue is one logical queue over n keys, so that in a cluster all nodes work for it: mail:0, mail:1, … for the name
// mail. A job is on the shard that the hash of its id names, or of what stands between { and } in it; so ids that share a
// {tag} share a shard, as the jobs of a batch must. Limits (concurrency, rate, those of groups) hold for each shard.
//
// It has the methods of Queue; those about one id or one batch ask its shard, the others all shards at once. It is safe
// for use by many goroutines.
type ShardedQueue struct {
	client redis.UniversalClient
	name   string

	layout  atomic.Pointer[layout]
	reading sync.Mutex
	readAt  atomic.Int64 // when the layout was asked for last, in Unix nanoseconds
}

// layout is how many shards there are, and how many there were before they grew; 0: they do not grow.
type layout struct {
	shards, before int
}

// places are where an id may be: where it belongs, and while the shards grow where it was before, if that is elsewhere.
func (l layout) places(id string) []int {
	place := shardOf(id, l.shards)
	if l.before > 0 {
		if old := shardOf(id, l.before); old != place {
			return []int{place, old}
		}
	}
	return []int{place}
}

// NewShardedQueue is the queue of so many shards under a name. The first one who names the number sets it; where the shards say
// another one theirs holds, with a line in the log (Grow changes it). It finishes a Grow that was broken off.
func NewShardedQueue(ctx context.Context, client redis.UniversalClient, name string, shards int) (*ShardedQueue, error) {
	if shards < 1 {
		return nil, fmt.Errorf("jq: %q cannot have %d shards: give 1 or more", name, shards)
	}
	s := &ShardedQueue{client: client, name: name}
	found, err := s.layoutAt(ctx, 0)
	if err != nil {
		return nil, err
	}
	if found.shards == 0 {
		if err := s.setAll(ctx, 1, shards, layout{shards: shards}); err != nil {
			return nil, err
		}
		if err := s.set(ctx, 0, layout{shards: shards}); err != nil { // last: who reads it finds all the others done
			return nil, err
		}
		found = layout{shards: shards}
	}
	if found.shards != shards {
		slog.Warn("jq: the queue has another number of shards than was asked for", "queue", name, "has", found.shards, "asked", shards)
	}
	return s, s.adopt(ctx, found)
}

// Name is the name without the number of a shard.
func (s *ShardedQueue) Name() string { return s.name }

// Shards are the queues of all keys, as far as they are known here: for what concerns one of them, such as its numbers, and
// for commands without a method.
func (s *ShardedQueue) Shards() []*Queue {
	shards := make([]*Queue, s.layout.Load().shards)
	for i := range shards {
		shards[i] = s.shard(i)
	}
	return shards
}

// ShardOf is the one on which an id belongs, or a batch or schedule by its name.
func (s *ShardedQueue) ShardOf(id string) *Queue { return s.shard(s.place(id)) }

func (s *ShardedQueue) shard(number int) *Queue {
	return NewQueue(s.client, s.name+":"+strconv.Itoa(number))
}

func (s *ShardedQueue) place(id string) int { return shardOf(id, s.layout.Load().shards) }

// Grow makes m shards of fewer. Producers and workers follow by themselves, and no id is added twice: until FinishGrowth
// they ask for an id that moves at its old shard first. What is there stays there. New shards take over the settings of the
// first one, but no pause and no limits of lanes. If it is broken off, any client that meets it finishes it, or a second
// call.
func (s *ShardedQueue) Grow(ctx context.Context, m int) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	now := *s.layout.Load()
	switch {
	case m == now.shards:
		return s.setAll(ctx, 0, m, now)
	case m < now.shards:
		return fmt.Errorf("jq: %q has %d shards and cannot shrink to %d: drain it into another queue", s.name, now.shards, m)
	case now.before > 0:
		return fmt.Errorf("jq: %q still grows from %d to %d shards: call FinishGrowth first", s.name, now.before, now.shards)
	}
	grown := layout{shards: m, before: now.shards}
	if err := s.begin(ctx, grown); err != nil {
		return err
	}
	if err := s.set(ctx, 0, grown); err != nil { // where others look: if this stops here, they go on
		return err
	}
	if err := s.setAll(ctx, 1, now.shards, grown); err != nil {
		return err
	}
	s.layout.Store(&grown)
	return nil
}

// begin makes the new shards.
func (s *ShardedQueue) begin(ctx context.Context, grown layout) error {
	config, err := s.Config(ctx)
	if err != nil {
		return err
	}
	config["shards"], config["shards-before"] = strconv.Itoa(grown.shards), strconv.Itoa(grown.before)
	var pairs []any
	for field, value := range config {
		pairs = append(pairs, field, value)
	}
	return atOnce(grown.shards-grown.before, func(i int) error {
		_, err := s.shard(grown.before+i).Call(ctx, "JQ.CONFIG", pairs...)
		return err
	})
}

// FinishGrowth says that the old shards know no id any more that belongs on a new one: when the longest dedup window,
// record and delay is over since Grow. It saves the second request. Called too early, it forgets what was refused there,
// and jobs that are there are not found by their ids. It is refused while a schedule is on its old shard.
func (s *ShardedQueue) FinishGrowth(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	now := layout{shards: s.layout.Load().shards}
	if err := s.checkSchedules(ctx); err != nil {
		return err
	}
	if err := s.setAll(ctx, 1, now.shards, now); err != nil {
		return err
	}
	if err := s.set(ctx, 0, now); err != nil {
		return err
	}
	s.layout.Store(&now)
	return nil
}

// checkSchedules refuses to forget where a schedule is that a Schedule of the same name would not replace.
func (s *ShardedQueue) checkSchedules(ctx context.Context) error {
	return s.Each(ctx, func(shard int, q *Queue) error {
		schedules, err := q.Schedules(ctx)
		for _, schedule := range schedules {
			if s.place(schedule.Name) != shard {
				return fmt.Errorf("jq: the schedule %q is on %q, and belongs on %q: Schedule it again, or Unschedule it, before FinishGrowth",
					schedule.Name, q.Name(), s.ShardOf(schedule.Name).Name())
			}
		}
		return err
	})
}

// layoutAt is what a shard says.
func (s *ShardedQueue) layoutAt(ctx context.Context, shard int) (layout, error) {
	config, err := s.shard(shard).Config(ctx)
	if err != nil {
		return layout{}, err
	}
	said, known := config["shards"]
	if !known {
		return layout{}, errors.New("jq: the module of this server knows no shards: load a newer one")
	}
	shards, err := strconv.Atoi(said)
	if err != nil {
		return layout{}, fmt.Errorf("jq: the setting shards of %q: %w", s.shard(shard).Name(), err)
	}
	before, err := strconv.Atoi(config["shards-before"])
	if err != nil {
		return layout{}, fmt.Errorf("jq: the setting shards-before of %q: %w", s.shard(shard).Name(), err)
	}
	return layout{shards, before}, nil
}

func (s *ShardedQueue) set(ctx context.Context, shard int, l layout) error {
	return s.shard(shard).SetConfig(ctx, "shards", l.shards, "shards-before", l.before)
}

// setAll tells the shards from first up to, without, end.
func (s *ShardedQueue) setAll(ctx context.Context, first, end int, l layout) error {
	return atOnce(end-first, func(i int) error { return s.set(ctx, first+i, l) })
}

// refresh asks the first shard, and those that are named, how many there are. The largest number holds.
func (s *ShardedQueue) refresh(ctx context.Context, more ...int) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.readAt.Store(time.Now().UnixNano())
	newest, err := s.layoutAt(ctx, 0)
	if err != nil {
		return err
	}
	for _, shard := range more {
		other, err := s.layoutAt(ctx, shard)
		if err != nil {
			return err
		}
		if other.shards > newest.shards {
			newest = other
		}
	}
	if now := *s.layout.Load(); newest == now || newest.shards < now.shards {
		return nil
	}
	return s.adopt(ctx, newest)
}

// adopt goes over to a layout. While the shards grow, it first makes sure that every one of them says so: from then on
// none takes an id that belongs elsewhere.
func (s *ShardedQueue) adopt(ctx context.Context, l layout) error {
	if l.before > 0 {
		err := atOnce(l.shards, func(i int) error {
			said, err := s.layoutAt(ctx, i)
			if err != nil || said.shards >= l.shards {
				return err
			}
			return s.set(ctx, i, l)
		})
		if err != nil {
			return err
		}
	}
	s.layout.Store(&l)
	s.readAt.Store(time.Now().UnixNano())
	return nil
}

// current is the layout, asked for again when it is old. A first shard that is away does not hinder the others.
func (s *ShardedQueue) current(ctx context.Context) layout {
	if time.Since(time.Unix(0, s.readAt.Load())) > layoutAge {
		s.refresh(ctx) // an error leaves what is known
	}
	return *s.layout.Load()
}

// atOnceAtMost bounds how many requests of one call are on their way at the same time.
const atOnceAtMost = 64

// atOnce calls with each number below n, many at the same time, and joins the errors.
func atOnce(n int, call func(i int) error) error {
	failed := make([]error, max(n, 0))
	free := make(chan struct{}, atOnceAtMost)
	var calls sync.WaitGroup
	for i := range failed {
		free <- struct{}{}
		inBackground(&calls, func() {
			failed[i] = call(i)
			<-free
		})
	}
	calls.Wait()
	return errors.Join(failed...)
}
