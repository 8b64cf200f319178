package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
)

// TestJobsOfAShardedQueue asks about jobs by id and about all shards, while they grow, when an id can be at two places.
func TestJobsOfAShardedQueue(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue, err := jq.NewShardedQueue(ctx, client, "mail", 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := queue.SetConfig(ctx, "events-max", 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.AddMany(ctx, numbered("early", 20), jq.Delay(time.Hour)); err != nil {
		t.Fatal(err)
	}
	stranger, err := jq.NewShardedQueue(ctx, client, "mail", 2)
	if err != nil {
		t.Fatal(err)
	}
	reader := stranger.Events("", jq.Only("completed"), jq.Count(3))
	if err := queue.Grow(ctx, 5); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.AddMany(ctx, numbered("late", 20), jq.Delay(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		for _, id := range []string{fmt.Sprint("late", i), fmt.Sprint("early", i)} {
			for _, queue := range []*jq.ShardedQueue{queue, stranger} { // who did not hear of the growth
				info, err := queue.Get(ctx, id)
				if err != nil || info.ID != id || info.State != jq.Delayed {
					t.Fatalf("%s: %+v %v", id, info, err)
				}
			}
			changed, err := queue.Change(ctx, id, jq.Priority(i))
			same(t, "change "+id, changed, err, jq.Done)
			lines, err := queue.Log(ctx, id, "one", "two")
			same(t, "log "+id, lines, err, 2)
			_, total, err := queue.Logs(ctx, id)
			same(t, "logs "+id, total, err, 2)
			explained, err := queue.ExplainJob(ctx, id)
			same(t, "explain "+id, explained.State, err, jq.Delayed)
			promoted, err := queue.Promote(ctx, []string{id, "nobody"})
			if err != nil || !slices.Equal(promoted, []jq.Answer{jq.Done, jq.Unknown}) {
				t.Errorf("promote %s: %v %v", id, promoted, err)
			}
		}
	}
	changed, err := queue.Change(ctx, "nobody", jq.Priority(1))
	same(t, "change nobody", changed, err, jq.Unknown)
	if _, err := queue.Get(ctx, "nobody"); !errors.Is(err, jq.ErrNotFound) {
		t.Error(err)
	}
	paused, err := queue.Pause(ctx)
	same(t, "pause", paused, err, true)
	stats, err := queue.Stats(ctx)
	if err != nil || !stats.Paused || stats.Waiting != 40 || stats.NextDue != jq.Forever || stats.Claimable != 0 {
		t.Errorf("%+v %v", stats, err)
	}
	resumed, err := queue.Resume(ctx)
	same(t, "resume", resumed, err, true)
	var handled tally
	run(t, handles(queue, 3, 0, &handled))
	ackedAll(t, queue, 40)
	handled.eachOnce(t, 40)
	state, _, err := queue.AwaitJob(ctx, "early3")
	same(t, "await", state, err, jq.Completed)
	if err := queue.AwaitIdle(ctx); err != nil {
		t.Error(err)
	}
	eachEventOnce(t, queue, reader, 40)
}

// eachEventOnce reads nearly all events, also of shards that the reader did not know at first, and the rest from its position.
func eachEventOnce(t *testing.T, queue *jq.ShardedQueue, reader *jq.ShardedEventReader, n int) {
	t.Helper()
	var seen tally
	for _, part := range []int{n - 3, 3} {
		within, cancel := context.WithTimeout(ctx, patience)
		for event, err := range reader.All(within) {
			if err != nil {
				t.Fatal(err)
			}
			seen.add(event.Job)
			if part--; part == 0 {
				break
			}
		}
		cancel()
		if part > 0 || reader.Missed() > 0 {
			t.Errorf("%d events did not come, %d were missed", part, reader.Missed())
		}
		reader = queue.Events(reader.Position(), jq.Only("completed"), jq.Count(3))
	}
	seen.eachOnce(t, n)
}

func TestBatchesAndSchedulesOfAShardedQueue(t *testing.T) {
	t.Parallel()
	queue, err := jq.NewShardedQueue(ctx, startServer(t).client(), "mail", 4)
	if err != nil {
		t.Fatal(err)
	}
	for i, option := range []jq.Option{jq.InBatch("load"), jq.After("load"), {"afterok", "load"}} {
		for j := range 10 { // some are on the same shard by chance
			if _, err := queue.Add(ctx, fmt.Sprint("id", i, j), nil, option); err == nil {
				t.Errorf("%v: a job that its batch cannot know", option)
			}
		}
	}
	members, err := queue.AddMany(ctx, []jq.NewJob{{ID: "{load}:1"}, {}, {ID: "{load}:2"}}, jq.InBatch("load"))
	if err != nil || len(members[1].ID) < 36 {
		t.Fatal(members, err)
	}
	if _, err := queue.Add(ctx, "", nil, jq.After("load")); err != nil {
		t.Fatal(err)
	}
	sealed, err := queue.Seal(ctx, "load")
	same(t, "seal", sealed, err, true)
	var handled tally
	worker := run(t, handles(queue, 2, 0, &handled))
	batch, err := queue.AwaitBatch(ctx, "load")
	if err != nil || batch.Completed != 3 {
		t.Errorf("%+v %v", batch, err)
	}
	ackedAll(t, queue, 4)
	worker.stop()

	const schedules = 10
	schedule := func() {
		for i := range schedules {
			if _, err := queue.Schedule(ctx, fmt.Sprint("nightly", i), nil, jq.Cron("30 2 * * *")); err != nil {
				t.Fatal(err)
			}
		}
	}
	schedule()
	if err := queue.Grow(ctx, 9); err != nil {
		t.Fatal(err)
	}
	if err := queue.FinishGrowth(ctx); err == nil {
		t.Error("schedules would be forgotten on their old shards")
	}
	schedule()
	all, err := queue.Schedules(ctx)
	same(t, "schedules", len(all), err, schedules)
	if err := queue.FinishGrowth(ctx); err != nil {
		t.Error(err)
	}
	for _, one := range all {
		here, err := queue.ShardOf(one.Name).Schedules(ctx)
		if err != nil || !slices.ContainsFunc(here, func(s jq.ScheduleInfo) bool { return s.Name == one.Name }) {
			t.Errorf("%s is not on its shard: %v", one.Name, err)
		}
		removed, err := queue.Unschedule(ctx, one.Name)
		same(t, "unschedule", removed, err, true)
	}
}
