package scenarios

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
)

func Test_shards_grow(t *testing.T) {
	t.Parallel()
	const jobs, before, after = 3000, 3, 8
	cluster := startCluster(t)
	var handled tally
	run(t, handles(cluster.sharded(t, "mail", before), 20, time.Millisecond, &handled))
	over := make(chan struct{})
	var producing sync.WaitGroup
	produce := func(queue *jq.ShardedQueue) {
		defer producing.Done()
		for begin := 0; ; begin += 100 {
			select {
			case <-over:
				return
			default:
			}
			var err error
			if begin%700 == 0 {
				_, err = queue.Add(ctx, fmt.Sprint("j", begin%jobs), begin)
			} else {
				_, err = queue.AddMany(ctx, numbered("j", jobs)[begin%jobs:begin%jobs+100])
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	}
	stale, operator := cluster.sharded(t, "mail", before), cluster.sharded(t, "mail", before)
	producing.Add(3)
	go produce(stale)
	go produce(operator) // knows of the growth as soon as anybody
	eventually(t, "some jobs are done", func() bool { return handled.total() > jobs/10 })
	go func() { produce(cluster.sharded(t, "mail", before)) }() // begins while the shards grow
	if err := operator.Grow(ctx, after); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all jobs are done", func() bool { return handled.total() >= jobs })
	eventually(t, "the stale producer counts on the new number", func() bool { return len(stale.Shards()) == after })
	close(over)
	producing.Wait()
	stats := ackedAll(t, stale, jobs)
	handled.eachOnce(t, jobs)
	if stats.Added != jobs || stats.Acks != jobs || stats.Waiting+stats.Active != 0 {
		t.Errorf("%+v", stats)
	}
	for _, id := range []string{"j0", "j1", "j2", "j3", "j4"} { // wherever it is
		again, err := operator.Add(ctx, id, nil)
		same(t, "again", again.Outcome, err, jq.Duplicate)
		answers, err := operator.Remove(ctx, id)
		same(t, "remove", answers[0], err, jq.Done)
	}
	if err := operator.Grow(ctx, 2*after); err == nil {
		t.Error("it grows again before the growth was finished")
	}
	if err := operator.Grow(ctx, before); err == nil {
		t.Error("it shrinks")
	}
	if err := operator.FinishGrowth(ctx); err != nil {
		t.Error(err)
	}
	eachSays(t, operator, after, 0)
	added, err := stale.Add(ctx, "j0", nil)
	same(t, "after the growth", added.Outcome, err, jq.Added)
}

// eachSays checks the settings of every shard.
func eachSays(t *testing.T, queue *jq.ShardedQueue, shards, before int) {
	t.Helper()
	if len(queue.Shards()) != shards {
		t.Errorf("%d shards", len(queue.Shards()))
	}
	for _, shard := range queue.Shards() {
		config, err := shard.Config(ctx)
		same(t, shard.Name()+" shards", config["shards"], err, fmt.Sprint(shards))
		same(t, shard.Name()+" shards-before", config["shards-before"], err, fmt.Sprint(before))
	}
}

// TestGrowthThatIsBrokenOff stops Grow between any two of the shards that it tells, and lets a client come by.
func TestGrowthThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	const before, after = 3, 5
	client := startServer(t).client()
	order := []int{3, 4, 0, 1, 2} // new ones first
	for told := 3; told <= len(order); told++ {
		name := fmt.Sprint("told", told)
		stale, err := jq.NewShardedQueue(ctx, client, name, before)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stale.AddMany(ctx, numbered("early", 100)); err != nil {
			t.Fatal(err)
		}
		for _, shard := range order[:told] {
			if err := jq.NewQueue(client, fmt.Sprint(name, ":", shard)).SetConfig(ctx, "shards", after, "shards-before", before); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(name+" a producer that counts on less", func(t *testing.T) {
			results, err := stale.AddMany(ctx, append(numbered("late", 100), numbered("early", 100)...))
			if err != nil {
				t.Fatal(err)
			}
			for i, result := range results {
				same(t, result.ID, result.Outcome, nil, map[bool]jq.Outcome{true: jq.Added, false: jq.Duplicate}[i < 100])
			}
			eachSays(t, stale, after, before)
			count, err := stale.Count(ctx, jq.Waiting)
			same(t, "count", count, err, 200)
		})
	}
	name := "a new client"
	if _, err := jq.NewShardedQueue(ctx, client, name, before); err != nil {
		t.Fatal(err)
	}
	if err := jq.NewQueue(client, name+":0").SetConfig(ctx, "shards", after, "shards-before", before); err != nil {
		t.Fatal(err)
	}
	next, err := jq.NewShardedQueue(ctx, client, name, before)
	if err != nil {
		t.Fatal(err)
	}
	eachSays(t, next, after, before)
}

// TestBatchThatBeganBeforeTheShardsGrew takes no more members if its place moves, and is found where it is.
func TestBatchThatBeganBeforeTheShardsGrew(t *testing.T) {
	t.Parallel()
	queue, err := jq.NewShardedQueue(ctx, startServer(t).client(), "mail", 2)
	if err != nil {
		t.Fatal(err)
	}
	before := make(map[string]string)
	for i := range 10 {
		batch := fmt.Sprint("load", i)
		before[batch] = queue.ShardOf(batch).Name()
		if _, err := queue.Add(ctx, "", nil, jq.InBatch(batch)); err != nil {
			t.Fatal(err)
		}
	}
	if err := queue.Grow(ctx, 4); err != nil {
		t.Fatal(err)
	}
	moved := 0
	for batch, shard := range before {
		_, err := queue.Add(ctx, "", nil, jq.InBatch(batch))
		if moves := queue.ShardOf(batch).Name() != shard; moves != (err != nil) {
			t.Errorf("%s moves: %v, and an Add gave %v", batch, moves, err)
		} else if moves {
			moved++
		}
		sealed, err := queue.Seal(ctx, batch)
		same(t, "seal", sealed, err, true)
		info, err := queue.Batch(ctx, batch)
		if err != nil || !info.Sealed {
			t.Errorf("%s: %+v %v", batch, info, err)
		}
	}
	if moved == 0 || moved == len(before) {
		t.Errorf("%d of the batches moved", moved)
	}
}
