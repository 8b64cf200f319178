package jq

import (
	"slices"
	"time"
)

// heartbeats extends all leases every third of their length, until everything was answered.
func (e *engine) heartbeats() {
	var waits backoff
	next := time.NewTimer(e.lease / 3)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-e.over:
			return
		}
		err := e.extendAll()
		for err != nil && !closed(e.over) {
			waits.sleep(e.over)
			err = e.extendAll()
		}
		waits = backoff{}
		if e.recheckDue() && !e.stopping() {
			e.heldOfAll() // an error asks for another one
		}
		next.Reset(e.lease / 3)
	}
}

// extendAll sends one EXTEND for the runs of each queue.
func (e *engine) extendAll() error {
	byQueue := make(map[string][]*run)
	for _, r := range e.known.all() {
		byQueue[r.job.Queue] = append(byQueue[r.job.Queue], r)
	}
	for queue, runs := range byQueue {
		for some := range slices.Chunk(runs, idsPerCall) {
			if err := e.extend(queue, some); err != nil {
				return err
			}
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
