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
		s.lostReply(queue)
		e.trouble("asking for the jobs that are held failed", err)
		return err
	}
	s.deliver(queue, jobs, 0, sent)
	return nil
}

// lostReply notes that a claim may have been served although its reply did not arrive. It is asked for at once by the
// one who calls this, and later once more: a server that has not noticed yet that a connection is dead may serve it.
func (s *source) lostReply(queues ...string) {
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, queue := range queues {
		_, waits := e.recheck[queue]
		e.recheck[queue] = time.Now().Add(e.block() + time.Second)
		if !waits {
			inBackground(&e.background, func() { s.askAgain(queue) })
		}
	}
}

// askAgain asks for HELD when the time for it has come, which a further lost reply puts off.
func (s *source) askAgain(queue string) {
	e := s.engine
	for {
		e.mu.Lock()
		wait := time.Until(e.recheck[queue])
		if wait <= 0 {
			delete(e.recheck, queue)
		}
		e.mu.Unlock()
		if wait <= 0 {
			s.heldAt(queue) // an error asks for another one
			return
		}
		select {
		case <-time.After(wait):
		case <-e.stopped:
			return
		}
	}
}
