package scenarios

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

func Test_server_killed(t *testing.T) {
	t.Parallel()
	const jobs = 400
	server := startServer(t, "appendonly yes", "appendfsync always")
	client := server.client()
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, jobs)
	var handled, errors tally
	run(t, &jq.Worker{
		Client:      client,
		Queues:      []string{"q"},
		Concurrency: 5,
		Hooks:       jq.Hooks{Error: func(error) { errors.add("error") }},
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			handled.add(job.ID)
			time.Sleep(5 * time.Millisecond)
			return nil, nil
		},
	})
	eventually(t, "some are done", func() bool { return handled.total() > jobs/4 })
	server.kill()
	eventually(t, "the worker has tried several times", func() bool { return errors.total() >= 10 })
	server.start()
	acked(t, queue, jobs)
	handled.eachOnce(t, jobs)
	if stats := statsOf(t, queue); stats.Losses != 0 || stats.Acks != jobs {
		t.Errorf("%d losses, %d acks", stats.Losses, stats.Acks)
	}
}

// Test_connection_cut cuts one reply after the other at each of its bytes, each time between a worker of its own and two
// jobs of its own. A lease is so long that a job that waited for it would fail the test.
func Test_connection_cut(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	for _, reply := range []struct {
		name, command string
		queues        int // more than one: the worker sends ACK without NEXT
	}{
		{"CLAIM", "JQ.CLAIM BLOCK", 1},
		{"ACK", "JQ.ACK !NEXT", 2},
		{"ACK_NEXT", "JQ.ACK NEXT", 1},
		{"CLAIMANY", "JQ.CLAIMANY", 2},
		{"HELD", "JQ.CLAIM HELD", 1},
	} {
		t.Run(reply.name, func(t *testing.T) {
			length := cutReply(t, server, reply.queues, &cut{reply.command, -1})
			if length < 4 {
				t.Fatalf("the reply has %d bytes", length)
			}
			places := make(chan int)
			var cutting sync.WaitGroup
			for range 24 {
				cutting.Add(1)
				go func() {
					defer cutting.Done()
					for after := range places {
						cutReply(t, server, reply.queues, &cut{reply.command, after})
					}
				}()
			}
			for after := 0; after < length && !t.Failed(); after++ {
				places <- after
			}
			close(places)
			cutting.Wait()
			t.Logf("cut at %d places", length)
		})
	}
}

// cutReply lets a worker do two jobs while one reply is cut, and gives the length of the first such reply.
func cutReply(t *testing.T, server *server, queues int, cuts *cut) int {
	place := fmt.Sprintf("{%s cut after %d}", cuts.command, cuts.after)
	proxy := startProxy(t, server.address(), cuts)
	defer proxy.close()
	direct := redis.NewClient(&redis.Options{Addr: server.address()})
	defer direct.Close()
	through := redis.NewClient(&redis.Options{Addr: proxy.address()})
	defer through.Close()
	queue := jq.NewQueue(direct, place)
	for _, id := range []string{"first", "second"} {
		if _, err := queue.Add(ctx, id, nil); err != nil {
			t.Error(err)
			return 0
		}
	}
	names := []string{place, place + " other"}[:queues]
	var handled, completed tally
	worker := &jq.Worker{
		Client: through, Queues: names, Concurrency: 1, Lease: time.Hour, Logger: quiet,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			handled.add(job.ID)
			return nil, nil
		},
		Hooks: jq.Hooks{Completed: func(job *jq.Job) { completed.add(job.ID) }},
	}
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	for deadline := time.Now().Add(patience); completed.total() < 2 && time.Now().Before(deadline); {
		time.Sleep(2 * time.Millisecond)
	}
	worker.Stop()
	if err := <-ended; err != nil {
		t.Errorf("%s: %v", place, err)
	}
	stats, err := queue.Stats(ctx)
	if err != nil {
		t.Errorf("%s: %v", place, err)
	} else if handled.total() != 2 || completed.total() != 2 || stats.Acks != 2 || stats.Losses != 0 {
		t.Errorf("%s: handled %v, completed %v, %+v", place, handled.names(), completed.names(), *stats)
	}
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	if cuts.after >= 0 && proxy.cuts != nil {
		t.Errorf("%s: nothing was cut", place)
	}
	if len(proxy.seen) == 0 {
		return 0
	}
	return proxy.seen[0]
}

func Test_duplicate_add(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	proxy := startProxy(t, server.address(), &cut{"JQ.ADD", 0})
	defer proxy.close()
	result, err := jq.NewQueue(clientOf(t, &redis.Options{Addr: proxy.address()}), "q").Add(ctx, "", "hello")
	if err != nil {
		t.Fatal(err)
	}
	proxy.mu.Lock()
	uncut := proxy.cuts
	proxy.mu.Unlock()
	if uncut != nil {
		t.Error("nothing was cut")
	}
	if result.Outcome != jq.Added || result.State != jq.Waiting || len(result.ID) != 36 {
		t.Errorf("%+v", result)
	}
	queue := jq.NewQueue(server.client(), "q")
	if stats := statsOf(t, queue); stats.Waiting != 1 || stats.Added != 1 || stats.Duplicates != 1 {
		t.Errorf("%d waiting, %d added, %d duplicates", stats.Waiting, stats.Added, stats.Duplicates)
	}
	if again, err := queue.Add(ctx, result.ID, "hello"); err != nil || again.Outcome != jq.Duplicate {
		t.Errorf("a duplicate of one's own id: %+v %v", again, err)
	}
}

// TestStopAfterALostReply stops a worker that does not know yet which jobs it has.
func TestStopAfterALostReply(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	for _, command := range []string{"JQ.CLAIM BLOCK", "JQ.ACK NEXT"} {
		proxy := startProxy(t, server.address(), &cut{command, 5})
		defer proxy.close()
		queue := jq.NewQueue(server.client(), command)
		addJobs(t, queue, 2)
		stopped := make(chan struct{})
		var worker *jq.Worker
		var once sync.Once
		worker = &jq.Worker{
			Client: clientOf(t, &redis.Options{Addr: proxy.address()}), Queues: []string{command}, Concurrency: 1,
			Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
			Hooks: jq.Hooks{Error: func(error) {
				once.Do(func() {
					worker.Stop()
					close(stopped)
				})
			}},
		}
		running := run(t, worker)
		<-stopped
		<-running.ended
		if stats := statsOf(t, queue); stats.Active != 0 || stats.Releases != 1 || stats.Losses != 0 || running.err != nil {
			t.Errorf("%s: %d active, %d releases: %v", command, stats.Active, stats.Releases, running.err)
		}
	}
}
