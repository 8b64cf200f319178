package jq

import "sync"

// known are the runs that this worker has: from the claim until the answer was answered. It keeps a job from being begun
// twice, when the reply to HELD and the reply to a claim both have it.
//
// A reply can list a run that has been finished since the request was sent. So a finished run is forgotten only when
// every request that was on its way at that time has returned.
type known struct {
	mu       sync.Mutex
	runs     map[runKey]*run // nil: finished
	sent     uint64          // how many requests that bring jobs were sent
	onTheWay map[uint64]bool // those without a reply, by their numbers
	finished []finishedRun
}

type finishedRun struct {
	key  runKey
	sent uint64 // requests up to this one may list it
}

func newKnown() *known {
	return &known{runs: make(map[runKey]*run), onTheWay: make(map[uint64]bool)}
}

// asks notes that a request that brings jobs is sent, and gives its number.
func (k *known) asks() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sent++
	k.onTheWay[k.sent] = true
	return k.sent
}

// returns notes that the request with the number has a reply, or will never have one, and that its jobs were added.
func (k *known) returns(number uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.onTheWay, number)
	k.forget()
}

// add is false if the run is known, or was.
func (k *known) add(key runKey, begin func() *run) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.runs[key]; ok {
		return false
	}
	k.runs[key] = begin()
	return true
}

// finish notes that the answer of a run was answered, or that there is none to give.
func (k *known) finish(r *run) {
	r.end()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.runs[r.key()] = nil
	k.finished = append(k.finished, finishedRun{r.key(), k.sent})
	k.forget()
}

// forget drops the finished runs that no request on its way can list.
func (k *known) forget() {
	oldest := k.sent + 1
	for number := range k.onTheWay {
		oldest = min(oldest, number)
	}
	gone := 0
	for gone < len(k.finished) && k.finished[gone].sent < oldest {
		delete(k.runs, k.finished[gone].key)
		gone++
	}
	k.finished = k.finished[gone:]
}

// all are the runs that are not finished.
func (k *known) all() []*run {
	k.mu.Lock()
	defer k.mu.Unlock()
	var runs []*run
	for _, r := range k.runs {
		if r != nil {
			runs = append(runs, r)
		}
	}
	return runs
}
