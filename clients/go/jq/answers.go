package jq

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// answer is what the server is to be told of one run.
type answer struct {
	run     *run
	verb    string // JQ.ACK, JQ.NACK, JQ.RELEASE
	options []any  // of NACK and RELEASE
	result  []byte // of ACK, nil for none
	err     error  // of the handler
	slot    bool   // the slot of the handler goes to what comes NEXT
}

// kind is equal for answers that can travel in one command.
func (a *answer) kind() string {
	return fmt.Sprint(a.verb, a.result != nil, a.options)
}

// sender sends the answers of one queue, one request at a time. What ends while a request is on its way travels together
// in the next one.
type sender struct {
	engine *engine
	source *source
	queue  string

	mu      sync.Mutex
	pending []*answer
	closed  bool
	changed chan struct{}
}

func newSender(s *source, queue string) *sender {
	return &sender{engine: s.engine, source: s, queue: queue, changed: make(chan struct{}, 1)}
}

func (s *sender) put(answers ...*answer) {
	s.mu.Lock()
	s.pending = append(s.pending, answers...)
	s.mu.Unlock()
	s.wake()
}

// close ends run when everything is sent.
func (s *sender) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wake()
}

func (s *sender) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// run sends until the sender is closed and empty.
func (s *sender) run() {
	for {
		s.mu.Lock()
		pending, last := s.pending, s.closed
		s.pending = nil
		s.mu.Unlock()
		for _, group := range groups(pending) {
			s.send(group)
		}
		if len(pending) > 0 {
			continue
		}
		if last {
			return
		}
		<-s.changed
	}
}

// groups puts answers together that can travel in one command, in the order of the first of each.
func groups(answers []*answer) [][]*answer {
	byKind := make(map[string][]*answer)
	var kinds []string
	for _, a := range answers {
		kind := a.kind()
		if byKind[kind] == nil {
			kinds = append(kinds, kind)
		}
		byKind[kind] = append(byKind[kind], a)
	}
	var made [][]*answer
	for _, kind := range kinds {
		made = slices.AppendSeq(made, slices.Chunk(byKind[kind], idsPerCall))
	}
	return made
}

// request is the command for a group of one kind. It asks for as many jobs as it frees slots, if next is not 0.
func (s *sender) request(group []*answer, next int) request {
	first := group[0]
	r := onQueue(first.verb, s.queue)
	for _, a := range group {
		r.args = append(r.args, a.run.job.Token, a.run.job.ID)
	}
	r.args = append(r.args, first.options...)
	if first.result != nil {
		r.args = append(r.args, "RESULT")
		for _, a := range group {
			r.args = append(r.args, a.result)
		}
	}
	if next > 0 {
		r.args = append(r.args, "NEXT", s.engine.name, "COUNT", next, "LEASE", s.engine.lease, "FULL")
		r.once = true
	}
	return r
}

// send sends a group until it is answered, or the leases are over, and begins what comes NEXT.
func (s *sender) send(group []*answer) {
	e := s.engine
	slots := 0
	for _, a := range group {
		if a.slot {
			slots++
		}
	}
	next := slots - e.slots.due(s.source, slots)
	if e.stopping() {
		next = 0
	}
	ticket, sent := s.source.known.asks(), time.Now()
	defer s.source.known.returns(ticket)
	loan := e.lend(s.source, slots, 0)
	reply, err := s.request(group, next).send(e.base, e.client)
	slots = loan.back()
	lost := err != nil && !refusal(err) && next > 0
	var jobs any
	if err != nil {
		if e.worker.Shards != nil { // its node may be away for long, and the other shards have work
			e.slots.offer(s.source, slots)
			slots = 0
		}
		group, reply, err = s.again(group, err)
	} else if entries := list(reply); next > 0 && len(entries) == 2 {
		reply, jobs = entries[0], entries[1]
	}
	s.settle(group, integers(reply), err)
	s.begin(jobs, slots, sent, lost)
}

// again repeats a group that got an error instead of an answer, without NEXT: the first time may have brought jobs, and
// HELD tells which. It gives what is left of the group and the last reply or error.
func (s *sender) again(group []*answer, err error) ([]*answer, any, error) {
	e := s.engine
	var waits backoff
	for !refusal(err) && e.trouble("an answer was not answered", err) && !closed(e.worker.aborted) {
		waits.sleep(e.worker.aborted)
		if group = s.withLease(group); len(group) == 0 {
			break
		}
		var reply any
		if reply, err = s.request(group, 0).send(e.base, e.client); err == nil {
			return group, reply, nil
		}
	}
	return group, nil, err
}

// begin begins what NEXT has brought, or may have brought.
func (s *sender) begin(jobs any, slots int, sent time.Time, lost bool) {
	e := s.engine
	infos, err := decodeAll[JobInfo](jobs)
	if err != nil {
		e.trouble("the jobs of NEXT cannot be read", err)
	}
	if len(infos) > 0 {
		s.source.found(len(infos))
	}
	if lost || err != nil {
		s.source.lostReply(s.queue)
		var waits backoff
		for s.source.heldAt(s.queue) != nil && !e.stopping() {
			waits.sleep(e.stopped)
		}
	}
	s.source.deliver(s.queue, infos, slots, sent)
}

// withLease drops the answers whose leases are over: those jobs are another worker's by now.
func (s *sender) withLease(group []*answer) []*answer {
	var left []*answer
	for _, a := range group {
		if a.run.leaseOver() {
			s.engine.lose(a.run, ErrLeaseLost)
		} else {
			left = append(left, a)
		}
	}
	return left
}
