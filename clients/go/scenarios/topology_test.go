package scenarios

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

func Test_sentinel_failover(t *testing.T) {
	t.Parallel()
	primary := startServer(t)
	replica := startServer(t, fmt.Sprintf("replicaof 127.0.0.1 %d", primary.port))
	onReplica := replica.client()
	eventually(t, "the replica is in step", func() bool {
		return strings.Contains(onReplica.Info(ctx, "replication").Val(), "master_link_status:up")
	})
	sentinel := startSentinel(t, primary)
	onSentinel := sentinel.client()
	eventually(t, "the sentinel knows the replica", func() bool {
		return strings.Contains(onSentinel.Info(ctx, "sentinel").Val(), "slaves=1")
	})
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "queues", SentinelAddrs: []string{sentinel.address()},
	})
	t.Cleanup(func() { client.Close() })
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, 50)
	var handled tally
	worker := run(t, &jq.Worker{
		Client: client, Queues: []string{"q"}, Concurrency: 2,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			handled.add(job.ID)
			time.Sleep(5 * time.Millisecond)
			return nil, nil
		},
	})
	acked(t, queue, 50)
	primary.kill()
	eventually(t, "the new primary takes a job", func() bool {
		within, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := queue.Add(within, "after the failover", nil)
		return err == nil
	})
	eventually(t, "the worker does it", func() bool {
		names := handled.names()
		return names[len(names)-1] == "after the failover"
	})
	if _, err := worker.stop(); err != nil {
		t.Error(err)
	}
	if stats := statsOf(t, jq.NewQueue(onReplica, "q")); stats.Active != 0 || stats.Waiting != 0 {
		t.Errorf("%d active, %d waiting", stats.Active, stats.Waiting)
	}
}

// startSentinel watches a primary and replaces it soon after it is gone.
func startSentinel(t *testing.T, primary *server) *server {
	t.Helper()
	s := &server{t: t, folder: t.TempDir(), port: freePort(t)}
	s.args = []string{s.configure("sentinel.conf", []string{
		"bind 127.0.0.1",
		fmt.Sprintf("port %d", s.port),
		"dir " + s.folder,
		fmt.Sprintf("sentinel monitor queues 127.0.0.1 %d 1", primary.port),
		"sentinel down-after-milliseconds queues 500",
		"sentinel failover-timeout queues 3000",
	}), "--sentinel"}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func Test_cluster_moved_slot(t *testing.T) {
	t.Parallel()
	const jobs = 300
	cluster := startCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{cluster[0].address()}})
	t.Cleanup(func() { client.Close() })
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, jobs)
	slot := int(client.ClusterKeySlot(ctx, "q").Val())
	var handled tally
	worker := run(t, &jq.Worker{
		Client: client, Queues: []string{"q"}, Concurrency: 3,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			handled.add(job.ID)
			time.Sleep(5 * time.Millisecond)
			return nil, nil
		},
	})
	eventually(t, "some are done", func() bool { return handled.total() > jobs/4 })
	from := slot / slotsOfNode
	cluster.move(t, "q", slot, from, (from+1)%3)
	acked(t, queue, jobs)
	handled.eachOnce(t, jobs)

	// Once more, while the claim waits.
	eventually(t, "the claim waits", func() bool { return statsOf(t, queue).Waiters == 1 })
	cluster.move(t, "q", slot, (from+1)%3, from)
	add(t, queue, "last", nil)
	acked(t, queue, jobs+1)
	eventually(t, "the claim waits", func() bool { return statsOf(t, queue).Waiters == 1 })
	if took, err := worker.stop(); err != nil || took > 3*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

// slotsOfNode is how many of the 16384 slots each of three primaries has, the last one some fewer.
const slotsOfNode = 5462

type cluster [3]*server

// startCluster starts three primaries that know each other.
func startCluster(t *testing.T) cluster {
	t.Helper()
	var nodes cluster
	var clients []*redis.Client
	for i := range nodes {
		nodes[i] = startServer(t, "cluster-enabled yes", "cluster-node-timeout 2000")
		client := nodes[i].client()
		clients = append(clients, client)
		last := min((i+1)*slotsOfNode, 16384) - 1
		if err := client.ClusterAddSlotsRange(ctx, i*slotsOfNode, last).Err(); err != nil {
			t.Fatal(err)
		}
		client.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if err := client.ClusterMeet(ctx, "127.0.0.1", fmt.Sprint(nodes[0].port)).Err(); i > 0 && err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the cluster is there", func() bool {
		for _, client := range clients {
			info := client.ClusterInfo(ctx).Val()
			if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") {
				return false
			}
		}
		return true
	})
	return nodes
}

// move moves a slot with its key, as redis-cli --cluster reshard does.
func (c cluster) move(t *testing.T, key string, slot, from, to int) {
	t.Helper()
	source, target := c[from].client(), c[to].client()
	id := func(client *redis.Client) string { return client.Do(ctx, "CLUSTER", "MYID").Val().(string) }
	must := func(command *redis.Cmd) {
		t.Helper()
		if command.Err() != nil {
			t.Fatal(command)
		}
	}
	asked := func() int { return callsOf(t, target, "asking") }
	before := asked()
	must(target.Do(ctx, "CLUSTER", "SETSLOT", slot, "IMPORTING", id(source)))
	must(source.Do(ctx, "CLUSTER", "SETSLOT", slot, "MIGRATING", id(target)))
	must(source.Do(ctx, "MIGRATE", "127.0.0.1", c[to].port, key, 0, 5000))
	eventually(t, "somebody was sent to the target by ASK", func() bool { return asked() > before })
	must(target.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", id(target)))
	must(source.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", id(target)))
}
