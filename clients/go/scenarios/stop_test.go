package scenarios

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

func Test_stop_waits_for_handlers(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, 10)
	var begun, completed tally
	stopping := make(chan struct{})
	worker := run(t, &jq.Worker{
		Client:      client,
		Queues:      []string{"q"},
		Concurrency: 4,
		Handler: func(ctx context.Context, job *jq.Job) (any, error) {
			begun.add(job.ID)
			select {
			case <-stopping:
				time.Sleep(500 * time.Millisecond) // what the job takes
				return nil, context.Cause(ctx)
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		},
		Hooks: jq.Hooks{Completed: func(job *jq.Job) { completed.add(job.ID) }},
	})
	eventually(t, "four run", func() bool { return begun.total() == 4 })
	close(stopping)
	if _, err := worker.stop(); err != nil {
		t.Error(err)
	}
	completed.eachOnce(t, 4)
	begun.eachOnce(t, 4)
	stats := statsOf(t, queue)
	if stats.Acks != 4 || stats.Waiting != 6 || stats.Active != 0 || stats.Claims != 4 || stats.Losses+stats.Releases != 0 {
		t.Errorf("%+v", stats)
	}
}

func Test_stop_hands_back(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, 3)
	var begun, signalled tally
	stubborn := make(chan struct{})
	defer close(stubborn)
	worker := run(t, &jq.Worker{
		Client:      client,
		Queues:      []string{"q"},
		Concurrency: 3,
		StopLimit:   100 * time.Millisecond,
		Handler: func(ctx context.Context, job *jq.Job) (any, error) {
			begun.add(job.ID)
			<-ctx.Done()
			signalled.add(context.Cause(ctx).Error())
			if job.ID == "j2" {
				<-stubborn
			}
			return nil, ctx.Err()
		},
	})
	eventually(t, "three run", func() bool { return begun.total() == 3 })
	took, err := worker.stop()
	if err != nil || took > jq.DefaultStopLimit/2 {
		t.Errorf("%v after %v", err, took)
	}
	for _, cause := range signalled.names() {
		if cause != jq.ErrStopping.Error() {
			t.Errorf("the signal was: %s", cause)
		}
	}
	if signalled.total() != 3 {
		t.Errorf("%d signals", signalled.total())
	}
	for _, id := range []string{"j0", "j1", "j2"} {
		if job := jobOf(t, queue, id); job.State != jq.Waiting || job.Attempt != 1 || job.Losses != 0 {
			t.Errorf("%s is %s, attempt %d, %d losses", id, job.State, job.Attempt, job.Losses)
		}
	}
	if stats := statsOf(t, queue); stats.Releases != 3 || stats.Nacks != 0 {
		t.Errorf("%d releases, %d nacks", stats.Releases, stats.Nacks)
	}
}

// Test_stop_while_idle takes the least of some times: on a busy machine one of them says little.
func Test_stop_while_idle(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	least := time.Hour
	for tries := 0; tries < 10 && least > 200*time.Millisecond; tries++ {
		worker := run(t, &jq.Worker{
			Client:  client,
			Queues:  []string{"q"},
			Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
		})
		eventually(t, "the claim waits", func() bool { return statsOf(t, queue).Waiters == 1 })
		took, err := worker.stop()
		if err != nil {
			t.Error(err)
		}
		least = min(least, took)
		if waiters := statsOf(t, queue).Waiters; waiters != 0 {
			t.Errorf("%d claims wait", waiters)
		}
	}
	if least > 200*time.Millisecond {
		t.Errorf("it took %v", least)
	}
}

// TestStopAfterConnectionsWereReplaced cuts some connections of an idle worker again and again, while the others stay: it
// must know by which ids the servers call those that it has in the end, and unblock these.
func TestStopAfterConnectionsWereReplaced(t *testing.T) {
	t.Parallel()
	const shards = 6
	server := startServer(t)
	client := server.client()
	queue, err := jq.NewShardedQueue(ctx, client, "q", shards)
	if err != nil {
		t.Fatal(err)
	}
	worker := run(t, &jq.Worker{
		Shards: queue, Concurrency: shards,
		Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
	})
	allWait := func() bool {
		stats, err := queue.Stats(ctx)
		return err == nil && stats.Waiters == shards
	}
	for range shards + 3 {
		eventually(t, "every claim waits", allWait)
		ids := blockedClients(client)
		third := ids[len(ids)-3] // so that three of the claims take turns
		if killed, err := client.ClientKillByFilter(ctx, "ID", fmt.Sprint(third)).Result(); err != nil || killed != 1 {
			t.Fatalf("%d connections cut: %v", killed, err)
		}
	}
	eventually(t, "every claim waits", allWait)
	if took, err := worker.stop(); err != nil || took > 3*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

// TestStopUnblocksNoStranger stops a worker whose claim waits at a server to which new connections do not lead any more, as
// after a failover. At the new one another client has the id of the connection.
func TestStopUnblocksNoStranger(t *testing.T) {
	t.Parallel()
	before, after := startServer(t), startServer(t)
	var primary atomic.Pointer[server]
	primary.Store(before)
	dial := func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("tcp", primary.Load().address())
	}
	worker := run(t, &jq.Worker{
		Client: clientOf(t, &redis.Options{Dialer: dial}), Queues: []string{"q"}, Lease: 6 * time.Second,
		Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
	})
	var claims []int
	eventually(t, "the claim waits", func() bool {
		claims = blockedClients(before.client())
		return len(claims) == 1
	})
	primary.Store(after)
	blocked := make(chan error, 1)
	for id := 0; id < claims[0]; {
		stranger := clientOf(t, &redis.Options{Addr: after.address(), PoolSize: 1, ReadTimeout: -1})
		id = int(stranger.ClientID(ctx).Val())
		if id == claims[0] {
			go func() { blocked <- stranger.BLPop(ctx, 0, "list").Err() }()
		}
	}
	onAfter := after.client()
	eventually(t, "the stranger waits", func() bool { return slices.Equal(blockedClients(onAfter), claims) })
	if _, err := worker.stop(); err != nil { // when its BLOCK is over
		t.Error(err)
	}
	if now := blockedClients(onAfter); !slices.Equal(now, claims) {
		t.Errorf("%v wait, not %v", now, claims)
	}
	onAfter.RPush(ctx, "list", "for the stranger")
	if err := <-blocked; err != nil {
		t.Error(err)
	}
}

// TestStopDuringPause stops a worker while CLIENT PAUSE holds back its claim: several servers crash when a client that is
// held back is unblocked.
func TestStopDuringPause(t *testing.T) {
	t.Parallel()
	worker, client, waiters := runIdle(t)
	stopDuringPause(t, worker, client, waiters)
}

// A claim that waits is ended although the server refuses writes.
func TestStopWhileWritesAreRefused(t *testing.T) {
	t.Parallel()
	worker, client, _ := runIdle(t)
	if err := client.ConfigSet(ctx, "min-replicas-to-write", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if took, err := worker.stop(); err != nil || took > 4*time.Second {
		t.Errorf("the stop took %v and said %v", took, err)
	}
}

// runIdle runs a worker at a server of its own until its claim waits, and counts the claims that do.
func runIdle(t *testing.T) (worker *running, server *redis.Client, waiters func() int) {
	t.Helper()
	server = startServer(t).client()
	queue := jq.NewQueue(server, "q")
	worker = run(t, &jq.Worker{
		Client: server, Queues: []string{"q"},
		Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
	})
	waiters = func() int { return int(statsOf(t, queue).Waiters) }
	eventually(t, "the claim waits", func() bool { return waiters() == 1 })
	return worker, server, waiters
}

// TestStopDuringPauseOfNode does it where claims wait at several nodes, and one of these is paused.
func TestStopDuringPauseOfNode(t *testing.T) {
	t.Parallel()
	const shards = 6
	cluster := startCluster(t)
	queue := cluster.sharded(t, "mail", shards)
	worker := run(t, &jq.Worker{
		Shards: queue, Concurrency: shards,
		Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
	})
	waiters := func() int {
		stats, err := queue.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return int(stats.Waiters)
	}
	eventually(t, "all claims wait", func() bool { return waiters() == shards })
	slot := int(cluster.client(t).ClusterKeySlot(ctx, queue.Shards()[0].Name()).Val())
	stopDuringPause(t, worker, cluster[slot/slotsOfNode].client(), waiters)
}

// stopDuringPause pauses the server at which some of the claims wait, ends these, and stops the worker when the claims that
// it sends instead are held back.
func stopDuringPause(t *testing.T, worker *running, server *redis.Client, waiters func() int) {
	t.Helper()
	claims, before := blockedClients(server), waiters()
	if err := server.Do(ctx, "CLIENT", "PAUSE", patience.Milliseconds(), "WRITE").Err(); err != nil {
		t.Fatal(err)
	}
	for _, claim := range claims {
		server.ClientUnblock(ctx, int64(claim))
	}
	eventually(t, "the next claims are held back", func() bool {
		return waiters() == before-len(claims) && slices.Equal(blockedClients(server), claims)
	})
	worker.Stop()
	eventually(t, "the worker waits for the end of the pause", func() bool {
		if err := server.Ping(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		return len(blockedClients(server)) == len(claims)+1
	})
	unpaused := time.Now()
	server.ClientUnpause(ctx)
	<-worker.ended
	if took, err := time.Since(unpaused), worker.err; err != nil || took > 3*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

// blockedClients are the ids of the clients that wait in a command.
func blockedClients(client *redis.Client) []int {
	var ids []int
	for _, line := range regexp.MustCompile(`(?m)^id=(\d+) .* flags=b `).FindAllStringSubmatch(client.ClientList(ctx).Val(), -1) {
		id, _ := strconv.Atoi(line[1])
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
