package scenarios

import (
	"context"
	"fmt"
	"testing"

	"github.com/redis-jq/redis-jq/clients/go/jq"
)

// The jobs of one shard do not end, so the other one gets no slot but that which is left to it, each time anew.
func TestShardWithManyJobsLeavesTheOtherASlot(t *testing.T) {
	t.Parallel()
	queue := startCluster(t).sharded(t, "mail", 2)
	busy, quiet := idOn(queue, 0), idOn(queue, 1)
	var running tally
	over := make(chan struct{})
	run(t, &jq.Worker{
		Shards: queue, Concurrency: 8,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			running.add(job.ID)
			if queue.ShardOf(job.ID).Name() == queue.ShardOf(busy).Name() {
				<-over
			}
			return nil, nil
		},
	})
	defer close(over)
	if _, err := queue.AddMany(ctx, numbered(busy, 100)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the slots are used", func() bool { return running.total() == 7 })
	for done := range 5 {
		if _, err := queue.Add(ctx, fmt.Sprint(quiet, done), nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a job of the other shard runs", func() bool { return running.total() == 8+done })
	}
}
