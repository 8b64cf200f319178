package scenarios

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

// client is one of the whole cluster, closed with the test.
func (c cluster) client(t *testing.T) *redis.ClusterClient {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{c[0].address()}})
	t.Cleanup(func() { client.Close() })
	return client
}

// sharded is a queue of so many shards, by a client of its own.
func (c cluster) sharded(t *testing.T, name string, shards int) *jq.ShardedQueue {
	t.Helper()
	queue, err := jq.NewShardedQueue(ctx, c.client(t), name, shards)
	if err != nil {
		t.Fatal(err)
	}
	return queue
}

// numbered are jobs with the ids prefix0, prefix1, ...
func numbered(prefix string, n int) []jq.NewJob {
	jobs := make([]jq.NewJob, n)
	for i := range jobs {
		jobs[i] = jq.NewJob{ID: fmt.Sprint(prefix, i), Payload: i}
	}
	return jobs
}

// idOn is an id with a tag that is on a shard.
func idOn(queue *jq.ShardedQueue, shard int) string {
	for i := 0; ; i++ {
		if id := fmt.Sprintf("{%d}", i); queue.ShardOf(id).Name() == queue.Shards()[shard].Name() {
			return id
		}
	}
}

// handles is a worker that counts what it does by id, and takes a while for each.
func handles(queue *jq.ShardedQueue, concurrency int, takes time.Duration, handled *tally) *jq.Worker {
	return &jq.Worker{
		Shards: queue, Concurrency: concurrency,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			handled.add(job.ID)
			time.Sleep(takes)
			return nil, nil
		},
	}
}

// ackedAll waits until so many jobs of all shards were acknowledged, and checks that the shards are sound.
func ackedAll(t *testing.T, queue *jq.ShardedQueue, n int64) *jq.Stats {
	t.Helper()
	var stats *jq.Stats
	eventually(t, fmt.Sprintf("%d jobs are acknowledged", n), func() (done bool) {
		var err error
		stats, err = queue.Stats(ctx)
		return err == nil && stats.Acks >= n
	})
	if found, err := queue.Check(ctx); err != nil || len(found) > 0 {
		t.Errorf("JQ.CHECK: %v %v", found, err)
	}
	return stats
}

func Test_shards_dedup(t *testing.T) {
	t.Parallel()
	const jobs = 10_000
	cluster := startCluster(t)
	var added [2]int
	var adding sync.WaitGroup
	queues := []*jq.ShardedQueue{cluster.sharded(t, "mail", 8), cluster.sharded(t, "mail", 8)}
	for producer, queue := range queues {
		adding.Add(1)
		go func() {
			defer adding.Done()
			for some := range slices.Chunk(numbered("j", jobs), 500) {
				results, err := queue.AddMany(ctx, some)
				if err != nil {
					t.Error(err)
					return
				}
				for i, result := range results {
					if result.ID != some[i].ID {
						t.Errorf("the answer for %s is in the place of %s", result.ID, some[i].ID)
					}
					if result.Outcome == jq.Added {
						added[producer]++
					}
				}
			}
		}()
	}
	adding.Wait()
	if added[0]+added[1] != jobs {
		t.Errorf("%d and %d added", added[0], added[1])
	}
	queue := queues[0]
	stats, err := queue.Stats(ctx)
	if err != nil || stats.Waiting != jobs || stats.Added != jobs || stats.Duplicates != jobs {
		t.Fatalf("%+v %v", stats, err)
	}
	for _, shard := range queue.Shards() {
		if waiting := statsOf(t, shard).Waiting; waiting < jobs/8*9/10 || waiting > jobs/8*11/10 {
			t.Errorf("%s has %d jobs", shard.Name(), waiting)
		}
	}
	var listed tally
	for cursor, pages := "0", 0; pages == 0 || cursor != "0"; pages++ {
		page, err := queue.List(ctx, jq.Waiting, jq.Count(700), jq.Cursor(cursor))
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range page.Items {
			listed.add(job.ID)
		}
		cursor = page.Next
	}
	listed.eachOnce(t, jobs)
	answers, err := queue.Cancel(ctx, "j17", "nobody", "j4", "j17", "j9999")
	if want := []jq.Answer{jq.Done, jq.Unknown, jq.Done, jq.Refused, jq.Done}; err != nil || !slices.Equal(answers, want) {
		t.Errorf("%v %v", answers, err)
	}
	cancelled, err := queue.CancelAll(ctx)
	same(t, "cancelled", cancelled, err, jobs-3)
}

func Test_shards_claimed_from_all(t *testing.T) {
	t.Parallel()
	const many, shards = 10_000, 8
	cluster := startCluster(t)
	for _, concurrency := range []int{1, 4, 50} {
		t.Run(fmt.Sprint("concurrency ", concurrency), func(t *testing.T) {
			queue := cluster.sharded(t, fmt.Sprint("mail", concurrency), shards)
			busy := idOn(queue, 3)
			fill := func(jobs []jq.NewJob) {
				if _, err := queue.AddMany(ctx, jobs); err != nil {
					t.Fatal(err)
				}
			}
			fill(numbered(busy+" many ", many))
			for shard := range shards {
				fill(numbered(idOn(queue, shard)+" few ", 10))
			}
			var handled tally
			worker := run(t, handles(queue, concurrency, 2*time.Millisecond, &handled))
			others := func() map[string]int {
				counts := make(map[string]int)
				for _, shard := range queue.Shards() {
					if shard.Name() != queue.ShardOf(busy).Name() {
						counts[shard.Name()] = int(statsOf(t, shard).Acks)
					}
				}
				return counts
			}
			eventually(t, "the few jobs of the other shards are done", func() bool {
				for _, acks := range others() {
					if acks < 10 {
						return false
					}
				}
				return true
			})
			if acks := statsOf(t, queue.ShardOf(busy)).Acks; acks > many/2 {
				t.Errorf("%d jobs of the busy shard were done before the ten of the others: %v", acks, others())
			}
			if _, err := queue.CancelAll(ctx); err != nil {
				t.Fatal(err)
			}
			eventually(t, "nothing is active", func() bool {
				stats, err := queue.Stats(ctx)
				return err == nil && stats.Active+stats.Waiting == 0
			})

			// What comes while the worker is idle is done as well, wherever it is.
			for shard := range shards {
				id := idOn(queue, shard) + " late"
				fill([]jq.NewJob{{ID: id}})
				within, cancel := context.WithTimeout(ctx, patience)
				state, _, err := queue.AwaitJob(within, id)
				cancel()
				same(t, id, state, err, jq.Completed)
			}
			if took, err := worker.stop(); err != nil || took > 3*time.Second {
				t.Errorf("%v after %v", err, took)
			}
			for id, count := range handled.counts {
				if count != 1 {
					t.Errorf("%s ran %d times", id, count)
				}
			}
		})
	}
}

func TestBulkOfAllShards(t *testing.T) {
	t.Parallel()
	queue, err := jq.NewShardedQueue(ctx, startServer(t).client(), "mail", 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queue.AddMany(ctx, numbered("j", 100)); err != nil {
		t.Fatal(err)
	}
	var handled tally
	run(t, &jq.Worker{Shards: queue, Concurrency: 2, Bulk: &jq.Bulk{Size: 10, Min: 5, Wait: 100 * time.Millisecond,
		Handler: func(_ context.Context, jobs []*jq.Job) []error {
			for _, job := range jobs {
				handled.add(job.ID)
				if job.Queue != jobs[0].Queue {
					t.Errorf("one call has jobs of %s and %s", job.Queue, jobs[0].Queue)
				}
			}
			return nil
		}}})
	ackedAll(t, queue, 100)
	handled.eachOnce(t, 100)
}
