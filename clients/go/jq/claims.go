package jq

import (
	"errors"
	"net"
	"slices"
	"time"
)

const (
	// rotation is within which time every shard is asked, where the slots are too few to wait at all of them.
	rotation = 500 * time.Millisecond
	// shortestBlock bounds what that comes to with very many shards.
	shortestBlock = 10 * time.Millisecond
)

// source is what one loop of claims asks: the queues of a worker together, or one of its shards.
type source struct {
	engine *engine
	order  *order
	known  *known // each has its own, because a request that is on its way for long lets all wait that it may list
	waits  backoff
	// filled says that the last claim got as many jobs as it asked for: the shard is likely to have more.
	filled bool
}

// claims asks for jobs as long as there are free slots, until the worker is stopped.
func (s *source) claims() {
	e := s.engine
	s.findHeld()
	for {
		slots := e.slots.take(s, s.most(), e.stopped)
		if e.stopping() {
			e.slots.offer(s, slots)
			return
		}
		left, err := s.claim(slots)
		if err == nil {
			s.waits = backoff{}
			continue
		}
		// The slots stay taken for what HELD finds: given to a claim that waits, they would let it wait as long. But a node
		// that is away keeps none from the others.
		s.waits.sleep(e.stopped)
		if timedOut(err) || s.held() != nil {
			e.slots.offer(s, left)
			left = 0
			s.findHeld()
		}
		e.slots.offer(s, left)
	}
}

func timedOut(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// most is how many slots the next claim may have. A shard that is idle has one of them, so that all shards have some.
func (s *source) most() int {
	e := s.engine
	if e.worker.Bulk != nil || e.worker.Shards != nil && !s.filled {
		return 1 // a bulk claim is for one call of the handler
	}
	return jobsPerClaim
}

// block is how long the next claim waits on the server, 0 for not at all. Where slots are few and others wait for them, it
// does not wait as long as some shard has jobs, and then only so long that all have their turn within a rotation.
func (s *source) block() time.Duration {
	e := s.engine
	others := e.slots.takersWaiting()
	switch {
	case s.filled:
		return 0
	case others == 0 || e.slots.spacious():
		return e.block()
	case e.empty.Load() < int64(len(e.all())):
		return 0
	}
	return min(e.block(), max(rotation/time.Duration(others), shortestBlock))
}

// claim asks for jobs for so many slots, and waits for the first one. With an error it gives the slots that are still the
// caller's.
func (s *source) claim(slots int) (int, error) {
	e := s.engine
	ticket, sent := s.known.asks(), time.Now()
	defer s.known.returns(ticket)
	block := s.block()
	request, count := s.request(slots, block)
	loan := e.lend(s, slots, block)
	reply, err := request.send(e.base, e.claimer.claims)
	slots = loan.back()
	var jobs []JobInfo
	queue := s.order.queues[0]
	if len(s.order.queues) > 1 {
		queue, reply = queueAndJobs(reply)
	}
	if err == nil {
		jobs, err = decodeAll[JobInfo](reply)
	}
	if err != nil {
		s.lostReply(s.order.queues...)
		if !closed(e.worker.aborted) { // which cuts the connection
			e.trouble("a claim failed", err)
		}
		return slots, err
	}
	s.filled = e.worker.Shards != nil && len(jobs) == count
	s.found(len(jobs))
	s.order.gave(queue, len(jobs))
	e.slots.expect(s) // or what it gives back now would go to one that has slots
	s.deliver(queue, jobs, slots, sent)
	return 0, nil
}

// found notes how many jobs a claim got, and tells the hook when no source has any.
func (s *source) found(jobs int) {
	e := s.engine
	if jobs > 0 {
		e.empty.Store(0)
		return
	}
	idle := e.empty.Add(1) >= int64(len(e.all()))
	if idle && e.worker.Hooks.Idle != nil && e.slots.idle() && !e.stopping() {
		e.guarded(e.worker.Hooks.Idle)
	}
}

// request asks the queues in their order, for so many jobs.
func (s *source) request(slots int, block time.Duration) (request, int) {
	e := s.engine
	r := request{once: true}
	if queues := s.order.next(); len(queues) > 1 {
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
		if bulk.Min > 1 && block > 0 {
			r.args = append(r.args, "MIN", bulk.Min)
		}
	}
	r.args = append(r.args, "COUNT", count, "LEASE", e.lease)
	if block > 0 {
		r.args = append(r.args, "BLOCK", block)
	}
	r.args = append(r.args, "FULL")
	return r, count
}

// queueAndJobs reads the reply of CLAIMANY.
func queueAndJobs(reply any) (queue string, jobs any) {
	if entries := list(reply); len(entries) == 2 {
		return text(entries[0]), entries[1]
	}
	return "", nil
}

// deliver begins the jobs that are not known, on the slots that are given back with them as far as they go. A worker
// that stops hands them back instead.
func (s *source) deliver(queue string, jobs []JobInfo, slots int, sent time.Time) {
	e := s.engine
	size := 1
	if e.worker.Bulk != nil {
		size = e.worker.Bulk.Size
	}
	var begun []*run
	for _, info := range jobs {
		s.known.add(runKey{queue, info.Token}, func() *run {
			r := newRun(s, queue, info, sent)
			begun = append(begun, r)
			return r
		})
	}
	for _, r := range begun {
		hook(e, e.worker.Hooks.Claimed, r.job)
	}
	var units []unit
	for some := range slices.Chunk(begun, size) {
		units = append(units, some)
	}
	if e.stopping() {
		e.slots.offer(s, slots)
	} else {
		units = e.slots.offer(s, slots, units...)
	}
	for _, unit := range units {
		e.handBack(unit)
	}
}
