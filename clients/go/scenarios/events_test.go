package scenarios

import (
	"context"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

func Test_events_resumed(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	queue := jq.NewQueue(server.client(), "q")
	if err := queue.SetConfig(ctx, "events-max", 1000); err != nil {
		t.Fatal(err)
	}
	// The reader's way to the server breaks in the middle of a reply.
	proxy := startProxy(t, server.address(), &cut{"JQ.EVENTS", 200})
	defer proxy.close()
	through := jq.NewQueue(clientOf(t, &redis.Options{Addr: proxy.address()}), "q")
	var seen tally
	read := func(reader *jq.EventReader, n int) string {
		within, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		for event, err := range reader.All(within) {
			if err != nil {
				t.Fatal(err)
			}
			seen.add(event.Job)
			if n--; n == 0 {
				break
			}
		}
		if n > 0 || reader.Missed() > 0 {
			t.Errorf("%d events did not come, %d were missed", n, reader.Missed())
		}
		return reader.Position()
	}

	addJobs(t, queue, 100)
	position := read(through.Events("", jq.Only("added"), jq.Count(30)), 45)
	added := make(chan struct{})
	go func() {
		defer close(added)
		for seen.total() < 100 { // until the reader waits, or will soon
			time.Sleep(time.Millisecond)
		}
		add(t, queue, "late", nil)
	}()
	position = read(through.Events(position, jq.Only("added")), 56)
	<-added
	seen.eachOnce(t, 101)

	if err := queue.SetConfig(ctx, "events-max", 10); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Purge(ctx, jq.Waiting); err != nil {
		t.Fatal(err)
	}
	late := through.Events(position)
	for event, err := range late.All(ctx) {
		if err != nil || late.Missed() == 0 {
			t.Errorf("%+v %v: %d missed", event, err, late.Missed())
		}
		break
	}
}
