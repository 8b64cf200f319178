package jq

import "time"

// claims asks for jobs as long as there are free slots, until the worker is stopped.
func (e *engine) claims() {
	var waits backoff
	for e.heldOfAll() != nil && !e.stopping() {
		waits.sleep(e.stopped)
	}
	atOnce := jobsPerClaim
	if e.worker.Bulk != nil {
		atOnce = 1 // one claim is for one call of the handler
	}
	for {
		slots := e.slots.take(atOnce, e.stopped)
		if e.stopping() {
			e.slots.offer(slots)
			return
		}
		err := e.claim(slots)
		if err == nil {
			waits = backoff{}
			continue
		}
		waits.sleep(e.stopped)
		for e.heldOfAll() != nil && !e.stopping() {
			waits.sleep(e.stopped)
		}
	}
}

// claim asks for jobs for so many slots, and waits for the first one.
func (e *engine) claim(slots int) error {
	ticket, sent := e.known.asks(), time.Now()
	defer e.known.returns(ticket)
	reply, err := e.claimRequest(slots).send(e.base, e.claimer.claims)
	var jobs []JobInfo
	queue := e.worker.Queues[0]
	if len(e.worker.Queues) > 1 {
		queue, reply = queueAndJobs(reply)
	}
	if err == nil {
		jobs, err = decodeAll[JobInfo](reply)
	}
	if err != nil {
		e.slots.offer(slots)
		e.lostReply()
		if !closed(e.worker.aborted) { // which cuts the connection
			e.trouble("a claim failed", err)
		}
		return err
	}
	if len(jobs) == 0 && e.worker.Hooks.Idle != nil && e.slots.idle() && !e.stopping() {
		e.guarded(e.worker.Hooks.Idle)
	}
	e.order.gave(queue, len(jobs))
	e.deliver(queue, jobs, slots, sent)
	return nil
}

// claimRequest asks the queues in their order.
func (e *engine) claimRequest(slots int) request {
	r := request{once: true}
	if queues := e.order.next(); len(queues) > 1 {
		r.args, r.key = []any{"JQ.CLAIMANY", len(queues)}, 2
		for _, queue := range queues {
			r.args = append(r.args, queue)
		}
	} else {
		r.args, r.key = []any{"JQ.CLAIM", queues[0]}, 1
	}
	count := slots
	r.args = append(r.args, e.name)
	if bulk := e.worker.Bulk; bulk != nil {
		count = bulk.Size
		if bulk.Min > 1 {
			r.args = append(r.args, "MIN", bulk.Min)
		}
	}
	r.args = append(r.args, "COUNT", count, "LEASE", e.lease, "BLOCK", e.block(), "FULL")
	return r
}

// queueAndJobs reads the reply of CLAIMANY.
func queueAndJobs(reply any) (queue string, jobs any) {
	if entries := list(reply); len(entries) == 2 {
		return text(entries[0]), entries[1]
	}
	return "", nil
}

// heldOfAll asks each queue what this worker holds, and begins what it does not know.
func (e *engine) heldOfAll() error {
	for _, queue := range e.worker.Queues {
		if err := e.held(queue); err != nil {
			return err
		}
	}
	return nil
}

// held asks one queue: after a start under a name that was used before, and after a reply that may have been lost.
func (e *engine) held(queue string) error {
	ticket, sent := e.known.asks(), time.Now()
	defer e.known.returns(ticket)
	request := onQueue("JQ.CLAIM", queue, e.name, "HELD", "LEASE", e.lease, "FULL")
	reply, err := request.send(e.base, e.client)
	var jobs []JobInfo
	if err == nil {
		jobs, err = decodeAll[JobInfo](reply)
	}
	if err != nil {
		e.lostReply()
		e.trouble("asking for the jobs that are held failed", err)
		return err
	}
	e.deliver(queue, jobs, 0, sent)
	return nil
}

// lostReply notes that a claim may have been served although its reply did not arrive. It is asked for at once by the
// one who calls this, and later once more: a server that has not noticed yet that a connection is dead may serve it.
func (e *engine) lostReply() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recheck = time.Now().Add(e.block() + time.Second)
}

// recheckDue is true once after a lostReply.
func (e *engine) recheckDue() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	due := !e.recheck.IsZero() && time.Now().After(e.recheck)
	if due {
		e.recheck = time.Time{}
	}
	return due
}

// deliver begins the jobs that are not known, on the slots that are given back with them as far as they go. A worker
// that stops hands them back instead.
func (e *engine) deliver(queue string, jobs []JobInfo, slots int, sent time.Time) {
	size := 1
	if e.worker.Bulk != nil {
		size = e.worker.Bulk.Size
	}
	var units []unit
	for _, info := range jobs {
		var begun *run
		e.known.add(runKey{queue, info.Token}, func() *run {
			begun = newRun(e, queue, info, sent)
			return begun
		})
		if begun == nil {
			continue
		}
		hook(e, e.worker.Hooks.Claimed, begun.job)
		if last := len(units) - 1; last >= 0 && len(units[last]) < size {
			units[last] = append(units[last], begun)
		} else {
			units = append(units, unit{begun})
		}
	}
	if e.stopping() {
		e.slots.offer(slots)
	} else {
		units = e.slots.offer(slots, units...)
	}
	for _, unit := range units {
		e.handBack(unit)
	}
}
