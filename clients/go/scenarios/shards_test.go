package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
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
