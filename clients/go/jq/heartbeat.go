package jq

import (
	"slices"
	"time"
)

// heartbeats extends the leases of one queue every third of their length, until everything was answered. Each queue has
// its own, because the node of another one may be away.
func (s *source) heartbeats(queue string) {
	e := s.engine
	var waits backoff
	next := time.NewTimer(e.lease / 3)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-e.over:
			return
		}
		err := s.extendAll(queue)
		for err != nil && !closed(e.over) {
			waits.sleep(e.over)
			err = s.extendAll(queue)
		}
		waits = backoff{}
		next.Reset(e.lease / 3)
	}
}

// extendAll sends one EXTEND for the runs of a queue.
func (s *source) extendAll(queue string) error {
	runs := slices.DeleteFunc(s.known.all(), func(r *run) bool { return r.job.Queue != queue })
	for some := range slices.Chunk(runs, idsPerCall) {
		if err := s.engine.extend(queue, some); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) extend(queue string, runs []*run) error {
	request := onQueue("JQ.EXTEND", queue, e.lease)
	for _, r := range runs {
		request.args = append(request.args, r.job.Token, r.job.ID)
	}
	sent := time.Now()
	reply, err := request.send(e.base, e.client)
	if err != nil {
		e.trouble("extending the leases failed", err)
		return err
	}
	for i, answer := range integers(reply) {
		if lost := runs[i].extended(sent, e.lease, answer); lost != nil {
			e.log.Warn("jq: a job was taken away while it ran", "queue", queue, "job", runs[i].job.ID, "cause", lost)
		}
	}
	return nil
}
