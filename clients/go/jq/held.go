package jq

import "time"

// findHeld asks each queue what this worker holds, until all have answered, and begins what it does not know.
func (s *source) findHeld() {
	for s.held() != nil && !s.engine.stopping() {
		s.waits.sleep(s.engine.stopped)
	}
}

// held asks each queue once.
func (s *source) held() error {
	for _, queue := range s.order.queues {
		if err := s.heldAt(queue); err != nil {
			return err
		}
	}
	return nil
}

// heldAt asks one queue: after a start under a name that was used before, and after a reply that may have been lost.
func (s *source) heldAt(queue string) error {
	e := s.engine
	ticket, sent := s.known.asks(), time.Now()
	defer s.known.returns(ticket)
	request := onQueue("JQ.CLAIM", queue, e.name, "HELD", "LEASE", e.lease, "FULL")
	reply, err := request.send(e.base, e.client)
	var jobs []JobInfo
	if err == nil {
		jobs, err = decodeAll[JobInfo](reply)
	}
	if err != nil {
		e.lostReply(queue)
		e.trouble("asking for the jobs that are held failed", err)
		return err
	}
	s.deliver(queue, jobs, 0, sent)
	return nil
}

// lostReply notes that a claim may have been served although its reply did not arrive. It is asked for at once by the
// one who calls this, and later once more: a server that has not noticed yet that a connection is dead may serve it.
func (e *engine) lostReply(queues ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, queue := range queues {
		e.recheck[queue] = time.Now().Add(e.block() + time.Second)
	}
}

// recheckDue is true once after a lostReply.
func (e *engine) recheckDue(queue string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	at, asked := e.recheck[queue]
	due := asked && time.Now().After(at)
	if due {
		delete(e.recheck, queue)
	}
	return due
}
