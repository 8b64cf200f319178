package scenarios

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

// TestConnectionsCutAtRandom cuts some connection every few milliseconds while many handlers run, so that HELD, NEXT and
// claims overlap in every way.
func TestConnectionsCutAtRandom(t *testing.T) {
	t.Parallel()
	const jobs = 2000
	server := startServer(t)
	proxy := startProxy(t, server.address(), nil)
	defer proxy.close()
	proxy.slow = "HELD" // many of the jobs that a reply lists are finished when it arrives
	queue := jq.NewQueue(server.client(), "q")
	var handled tally
	run(t, &jq.Worker{
		Client: clientOf(t, &redis.Options{Addr: proxy.address()}), Queues: []string{"q"}, Concurrency: 20,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			handled.add(job.ID)
			time.Sleep(rand.N(30 * time.Millisecond))
			return nil, nil
		},
	})
	over := make(chan struct{})
	defer close(over)
	go func() {
		for {
			select {
			case <-time.After(rand.N(30 * time.Millisecond)):
				command := []string{"JQ.CLAIM", "JQ.ACK", "HELD"}[rand.IntN(3)]
				proxy.mu.Lock()
				proxy.cuts = &cut{command, rand.IntN(2000)}
				proxy.mu.Unlock()
			case <-over:
				return
			}
		}
	}()
	for i := range jobs { // about as fast as the handlers are, so that claims often wait
		add(t, queue, fmt.Sprint("j", i), nil)
		time.Sleep(time.Millisecond)
	}
	acked(t, queue, jobs)
	handled.eachOnce(t, jobs)
	if stats := statsOf(t, queue); stats.Acks != jobs || stats.Losses != 0 {
		t.Errorf("%d acks, %d losses", stats.Acks, stats.Losses)
	}
}
