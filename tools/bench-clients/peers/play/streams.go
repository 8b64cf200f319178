package play

import (
	"github.com/redis/go-redis/v9"
)

const group = "g"

// streamSession is the usual recipe with Redis Streams: SET NX remembers the id, XADD, XREADGROUP, XACK and XDEL.
type streamSession struct {
	client *redis.Client
	task   Task
}

func streams(task Task) session { return openStream(task) }

func openStream(task Task) streamSession {
	s := streamSession{connect(task.Address, 1), task}
	// Each session tries; all but the first are told that the group exists.
	s.client.XGroupCreateMkStream(ctx, Queue, group, "0")
	return s
}

func (s streamSession) add(jobs []Job) error {
	var reserve, enqueue requests
	for _, job := range jobs {
		reserve = append(reserve, command("SET", job.ID, "1", "NX", "PX", 300_000))
	}
	isNew, err := reserve.send(s.client)
	if err != nil {
		return err
	}
	for i, job := range jobs {
		if isNew[i] != nil {
			enqueue = append(enqueue, command("XADD", Queue, "*", job.ID, job.Payload))
		}
	}
	if len(enqueue) > 0 {
		_, err = enqueue.send(s.client)
	}
	return err
}

func (s streamSession) serve(tally *Tally) (int, error) {
	entries, err := s.read(tally)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	var sent requests
	if s.task.Way == Pipelined {
		for _, entry := range entries {
			sent = append(sent, command("XACK", Queue, group, entry), command("XDEL", Queue, entry))
		}
	} else {
		sent = requests{append(command("XACK", Queue, group), entries...), append(command("XDEL", Queue), entries...)}
	}
	_, err = sent.send(s.client)
	return len(entries), err
}

// read returns the ids of the next entries.
func (s streamSession) read(tally *Tally) ([]any, error) {
	times, count := s.task.claims()
	one := command("XREADGROUP", "GROUP", group, "w", "COUNT", count)
	if wait := s.task.waits(); wait > 0 {
		one = append(one, "BLOCK", wait)
	}
	one = append(one, "STREAMS", Queue, ">")
	var sent requests
	for range times {
		sent = append(sent, one)
	}
	replies, err := sent.send(s.client)
	var ids []any
	for _, reply := range replies {
		for _, entry := range entriesOf(reply) {
			entry := entry.([]any)
			tally.Begin([]byte(entry[1].([]any)[1].(string)))
			ids = append(ids, entry[0])
		}
	}
	return ids, err
}

// entriesOf are the entries of the one stream of a reply, which is a map in RESP3 and a list of pairs in RESP2.
func entriesOf(reply any) []any {
	switch streams := reply.(type) {
	case map[any]any:
		return streams[Queue].([]any)
	case []any:
		return streams[0].([]any)[1].([]any)
	}
	return nil
}

// idempotentSession lets the stream itself remember the ids, XADD … IDMP: of each producer the newest 10,000.
type idempotentSession struct{ streamSession }

func idempotentStreams(task Task) session {
	s := idempotentSession{openStream(task)}
	if task.Phase == Add {
		// This forgets what producers have sent, so it is done before any of them sends.
		s.client.Do(ctx, "XCFGSET", Queue, "IDMP-MAXSIZE", 10_000, "IDMP-DURATION", 300)
	}
	return s
}

func (s idempotentSession) add(jobs []Job) error {
	var sent requests
	for _, job := range jobs {
		sent = append(sent, command("XADD", Queue, "IDMP", "producer", job.ID, "*", "p", job.Payload))
	}
	_, err := sent.send(s.client)
	return err
}
