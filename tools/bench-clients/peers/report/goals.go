package report

import "fmt"

// goal is a ratio that one of our contenders is to reach beside another.
type goal struct {
	what       string
	own, other place
	// figure is what is compared: less is better if bound is atMost.
	figure func(Life) float64
	unit   string
	bound  bound
}

// place is a contender in a cell.
type place struct {
	contender string
	cell      Cell
}

// bound is what a ratio may be.
type bound struct {
	limit float64
	shown string
	holds func(ratio, limit float64) bool
}

func atMost(limit float64, shown string) bound {
	return bound{limit, "≤ " + shown, func(ratio, limit float64) bool { return ratio <= limit }}
}

func atLeast(limit float64, shown string) bound {
	return bound{limit, "≥ " + shown, func(ratio, limit float64) bool { return ratio >= limit }}
}

func goals() []goal {
	const cpu, rate = "µs", "/s"
	fifties, alone, ten, hundreds := ByFifties, OneConnection, TenOneByOne, TenByHundreds
	return []goal{
		{"server CPU of a whole life by 50s, beside BullMQ",
			place{"jq-hand", fifties}, place{"bullmq", fifties}, Life.CPU, cpu, atMost(1.0/25, "1/25 = 0.04")},
		{"the same with ACK … NEXT (BullMQ's worker gets its next job with its answer, too)",
			place{"jq-next", fifties}, place{"bullmq", fifties}, Life.CPU, cpu, atMost(1.0/25, "1/25 = 0.04")},
		{"server CPU of a whole life by 50s, beside Streams",
			place{"jq-hand", fifties}, place{"streams", fifties}, Life.CPU, cpu, atMost(1.0/3, "1/3")},
		{"the same with ACK … NEXT",
			place{"jq-next", fifties}, place{"streams", fifties}, Life.CPU, cpu, atMost(1.0/3, "1/3")},
		{"server CPU of a whole life one by one, pipelined by one connection, beside beanstalkd",
			place{"jq-hand", alone}, place{"beanstalkd", alone}, Life.CPU, cpu, atMost(0.4, "0.4")},
		{"the same with ACK … NEXT",
			place{"jq-next", alone}, place{"beanstalkd", alone}, Life.CPU, cpu, atMost(0.3, "0.3")},
		{"whole lives a second one by one, 10 handlers, beside asynq",
			place{"jq-hand", ten}, place{"asynq", ten}, Life.Rate, rate, atLeast(4, "4")},
		{"the same with ACK … NEXT",
			place{"jq-next", ten}, place{"asynq", ten}, Life.Rate, rate, atLeast(4, "4")},
		{"the same by the Go package",
			place{"jq-go", ten}, place{"asynq", ten}, Life.Rate, rate, atLeast(4, "4")},
		{"the same by 100s",
			place{"jq-hand", hundreds}, place{"asynq", ten}, Life.Rate, rate, atLeast(30, "30")},
		{"the same by 100s with ACK … NEXT",
			place{"jq-next", hundreds}, place{"asynq", ten}, Life.Rate, rate, atLeast(30, "30")},
	}
}

// goalRows judges the goals whose both sides were measured.
func (r Run) goalRows() [][]string {
	var rows [][]string
	for _, goal := range goals() {
		own, isOwn := r.life(goal.own.contender, goal.own.cell)
		other, isOther := r.life(goal.other.contender, goal.other.cell)
		if !isOwn || !isOther {
			continue
		}
		ratio := goal.figure(own) / goal.figure(other)
		verdict := goal.bound.shown
		if !goal.bound.holds(ratio, goal.bound.limit) {
			verdict += ", **missed**"
		}
		rows = append(rows, []string{
			goal.what, sided(goal, own), sided(goal, other), fmt.Sprintf("%.3g", ratio), verdict,
		})
	}
	return rows
}

// sided is one side of a comparison: its figure, and of how many jobs.
func sided(goal goal, life Life) string {
	return fmt.Sprintf("%s %s (%s jobs)", number(goal.figure(life)), goal.unit, number(float64(life.Jobs)))
}
