package main

import (
	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
)

// plan is how much is measured.
type plan struct {
	name   string
	rounds int
	// jobs of each measurement; a contender may get a share of them.
	jobs int
	// cells are the combinations that all contenders are measured in, as far as they have the way.
	cells []report.Cell
	// goals are cells in which few contenders are compared, for the goals that the page judges.
	goals []comparison
	// offered is for how many seconds jobs are offered at a fixed rate to measure latencies.
	offered int
	// persisted is how many jobs are in the files that are loaded.
	persisted int
}

// comparison is a cell in which these contenders alone are measured, each with its number of jobs.
type comparison struct {
	cell report.Cell
	jobs map[string]int
}

var full = plan{name: "full", rounds: 3, jobs: 4000, cells: cellsAroundTheMiddle(), goals: goalsOf(1), offered: 15, persisted: 1_000_000}

var quick = plan{name: "quick", rounds: 1, jobs: 2000, cells: cellsAroundTheMiddle(), goals: goalsOf(5), offered: 4, persisted: 200_000}

// tiny tries every contender in each of its ways. It measures nothing worth reading.
var tiny = plan{name: "tiny", rounds: 1, jobs: 200, cells: report.Ways(), offered: 1, persisted: 1000}

// cellsAroundTheMiddle are the middle, and each dimension varied by itself.
func cellsAroundTheMiddle() []report.Cell {
	cells := report.Ways()
	add := func(more []report.Cell) {
		for _, cell := range more {
			if cell != report.Middle {
				cells = append(cells, cell)
			}
		}
	}
	add(report.Payloads())
	add(report.AOFs())
	add(report.Handlers())
	return cells
}

// goalsOf are the comparisons that goals are about, with one of so many of the jobs.
func goalsOf(part int) []comparison {
	million, fifty, twenty := 1_000_000/part, 50_000/part, 20_000/part
	return []comparison{
		{report.ByFifties, map[string]int{"jq-hand": million, "jq-next": million, "streams": million, "bullmq": twenty}},
		{report.OneConnection, map[string]int{"jq-hand": fifty, "jq-next": fifty, "beanstalkd": fifty}},
		{report.TenOneByOne, map[string]int{"jq-hand": twenty, "jq-next": twenty, "jq-go": twenty, "asynq": twenty}},
		{report.TenByHundreds, map[string]int{"jq-hand": twenty, "jq-next": twenty}},
	}
}

// planned is the plan that the flags name.
func planned() plan {
	plans := map[string]plan{"full": full, "quick": quick, "tiny": tiny}
	chosen, is := plans[*planName]
	if !is {
		fault.Raise("there is no plan %s", *planName)
	}
	if *jobs > 0 {
		chosen.jobs = *jobs
	}
	if *persisted > 0 {
		chosen.persisted = *persisted
	}
	return chosen
}
