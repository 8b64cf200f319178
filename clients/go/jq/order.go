package jq

import (
	"cmp"
	"slices"
)

// order says in which order the queues are asked. Without weights it is that of the user.
//
// With weights the queue that is furthest behind its share of the jobs is first, so that of queues that both have jobs
// one with weight 3 gives three for each one of the other. A queue that has no job when it is asked claims no share for
// that time.
type order struct {
	queues  []string
	weights []int // nil: strict order
	behind  []int // its share of the jobs less what it gave, times the sum of the weights
	asked   []int // the places of the queues in the last order
}

func newOrder(queues []string, weights map[string]int) *order {
	o := &order{queues: queues, behind: make([]int, len(queues)), asked: make([]int, len(queues))}
	if len(weights) == 0 {
		return o
	}
	for i, queue := range queues {
		o.weights = append(o.weights, or(weights[queue], 1))
		o.asked[i] = i
	}
	copy(o.behind, o.weights) // the heaviest begins
	return o
}

// next is the order for one claim.
func (o *order) next() []string {
	if o.weights == nil {
		return o.queues
	}
	slices.SortStableFunc(o.asked, func(a, b int) int { return cmp.Compare(o.behind[b], o.behind[a]) })
	names := make([]string, len(o.asked))
	for i, place := range o.asked {
		names[i] = o.queues[place]
	}
	return names
}

// gave notes that the last claim got so many jobs of a queue, and that those before it in the order had none.
func (o *order) gave(queue string, jobs int) {
	if o.weights == nil {
		return
	}
	first := slices.IndexFunc(o.asked, func(place int) bool { return jobs > 0 && o.queues[place] == queue })
	if first < 0 {
		first = len(o.asked)
	}
	for _, place := range o.asked[:first] {
		o.behind[place] = 0
	}
	total := 0
	for _, place := range o.asked[first:] {
		total += o.weights[place]
		o.behind[place] += o.weights[place] * jobs
	}
	if first < len(o.asked) {
		o.behind[o.asked[first]] -= total * jobs
	}
}
