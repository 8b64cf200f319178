package scenarios

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

func Test_shards_moved_slot(t *testing.T) {
	t.Parallel()
	const jobs, shards = 1000, 4
	cluster := startCluster(t)
	queue := cluster.sharded(t, "mail", shards)
	if _, err := queue.AddMany(ctx, numbered("j", jobs)); err != nil {
		t.Fatal(err)
	}
	var handled tally
	worker := run(t, handles(queue, 6, 5*time.Millisecond, &handled))
	eventually(t, "some are done", func() bool { return handled.total() > jobs/4 })
	moved := queue.Shards()[1].Name()
	slot := int(cluster.client(t).ClusterKeySlot(ctx, moved).Val())
	from := slot / slotsOfNode
	cluster.move(t, moved, slot, from, (from+1)%3)
	ackedAll(t, queue, jobs)
	handled.eachOnce(t, jobs)

	// Once more, while the claims wait.
	waiters := func() bool {
		stats, err := queue.Stats(ctx)
		return err == nil && stats.Waiters == shards
	}
	eventually(t, "all claims wait", waiters)
	cluster.move(t, moved, slot, (from+1)%3, from)
	late := idOn(queue, 1)
	if _, err := queue.Add(ctx, late, nil); err != nil {
		t.Fatal(err)
	}
	ackedAll(t, queue, jobs+1)
	eventually(t, "all claims wait", waiters)
	if took, err := worker.stop(); err != nil || took > 3*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

// TestNodeThatHangsHoldsUpNoOtherShard stops a node for a while, whose claims and answers could keep the few slots of the
// worker.
func TestNodeThatHangsHoldsUpNoOtherShard(t *testing.T) {
	t.Parallel()
	const shards = 6
	cluster := startCluster(t)
	for _, node := range cluster {
		node.client().ConfigSet(ctx, "cluster-require-full-coverage", "no")
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{cluster[0].address()}, ReadTimeout: time.Second})
	t.Cleanup(func() { client.Close() })
	queue, err := jq.NewShardedQueue(ctx, client, "mail", shards)
	if err != nil {
		t.Fatal(err)
	}
	hangs := func(shard *jq.Queue) bool {
		return int(client.ClusterKeySlot(ctx, shard.Name()).Val())/slotsOfNode == 2
	}
	fill := func(which bool) int {
		added := 0
		for i, shard := range queue.Shards() {
			if hangs(shard) != which {
				continue
			}
			for j := range 10 {
				add(t, shard, fmt.Sprint(i, " ", j), which)
				added++
			}
		}
		return added
	}
	var begun, handled tally
	stopped := make(chan struct{})
	run(t, &jq.Worker{Shards: queue, Concurrency: 2, Lease: 3 * time.Minute, // in which no job comes back
		Handler: jq.JSON(func(_ context.Context, job *jq.Job, onTheNode bool) error {
			begun.add(job.ID)
			if onTheNode {
				<-stopped
			}
			handled.add(job.ID)
			return nil
		})})
	onTheNode := fill(true)
	eventually(t, "jobs of the node have both slots", func() bool { return begun.total() == 2 })
	if err := cluster[2].process.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	close(stopped)
	elsewhere := fill(false)
	if onTheNode == 0 || elsewhere == 0 {
		t.Fatalf("%d jobs are on the node, %d elsewhere", onTheNode, elsewhere)
	}
	eventually(t, "the jobs of the other nodes are done", func() bool { return handled.total() == 2+elsewhere })
	if err := cluster[2].process.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	ackedAll(t, queue, int64(onTheNode+elsewhere))
	handled.eachOnce(t, onTheNode+elsewhere)
}
