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

// desk sends the answers of one queue, one request at a time. What ends while a request is on its way travels together
// in the next one.
type desk struct {
	engine *engine
	queue  string

	mu      sync.Mutex
	pending []*answer
	closed  bool
	changed chan struct{}
}

func newDesk(e *engine, queue string) *desk {
	return &desk{engine: e, queue: queue, changed: make(chan struct{}, 1)}
}

func (d *desk) put(answers ...*answer) {
	d.mu.Lock()
	d.pending = append(d.pending, answers...)
	d.mu.Unlock()
	d.wake()
}

// close ends run when everything is sent.
func (d *desk) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.wake()
}

func (d *desk) wake() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// run sends until the desk is closed and empty.
func (d *desk) run() {
	for {
		d.mu.Lock()
		pending, last := d.pending, d.closed
		d.pending = nil
		d.mu.Unlock()
		for _, group := range groups(pending) {
			d.send(group)
		}
		if len(pending) > 0 {
			continue
		}
		if last {
			return
		}
		<-d.changed
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
func (d *desk) request(group []*answer, next int) request {
	first := group[0]
	r := onQueue(first.verb, d.queue)
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
		r.args = append(r.args, "NEXT", d.engine.name, "COUNT", next, "LEASE", d.engine.lease, "FULL")
		r.once = true
	}
	return r
}

// send sends a group until it is answered, or the leases are over, and begins what comes NEXT.
func (d *desk) send(group []*answer) {
	e := d.engine
	slots := 0
	for _, a := range group {
		if a.slot {
			slots++
		}
	}
	next := slots
	if e.stopping() {
		next = 0
	}
	ticket, sent := e.known.asks(), time.Now()
	defer e.known.returns(ticket)
	reply, err := d.request(group, next).send(e.base, e.client)
	lost := err != nil && !refusal(err) && next > 0
	var jobs any
	if err != nil {
		group, reply, err = d.again(group, err)
	} else if entries := list(reply); next > 0 && len(entries) == 2 {
		reply, jobs = entries[0], entries[1]
	}
	d.settle(group, integers(reply), err)
	d.begin(jobs, slots, sent, lost)
}

// again repeats a group that got an error instead of an answer, without NEXT: the first time may have brought jobs, and
// HELD tells which. It gives what is left of the group and the last reply or error.
func (d *desk) again(group []*answer, err error) ([]*answer, any, error) {
	e := d.engine
	var waits backoff
	for !refusal(err) && e.trouble("an answer was not answered", err) && !closed(e.worker.aborted) {
		waits.sleep(e.worker.aborted)
		if group = d.withLease(group); len(group) == 0 {
			break
		}
		var reply any
		if reply, err = d.request(group, 0).send(e.base, e.client); err == nil {
			return group, reply, nil
		}
	}
	return group, nil, err
}

// begin begins what NEXT has brought, or may have brought.
func (d *desk) begin(jobs any, slots int, sent time.Time, lost bool) {
	e := d.engine
	infos, err := decodeAll[JobInfo](jobs)
	if err != nil {
		e.trouble("the jobs of NEXT cannot be read", err)
	}
	if lost || err != nil {
		e.lostReply()
		var waits backoff
		for e.held(d.queue) != nil && !e.stopping() {
			waits.sleep(e.stopped)
		}
	}
	e.deliver(d.queue, infos, slots, sent)
}

// withLease drops the answers whose leases are over: those jobs are another worker's by now.
func (d *desk) withLease(group []*answer) []*answer {
	var left []*answer
	for _, a := range group {
		if a.run.leaseOver() {
			d.engine.lose(a.run, ErrLeaseLost)
		} else {
			left = append(left, a)
		}
	}
	return left
}
