// Package fault ends a benchmark at the first thing that goes wrong: nothing that was measured after it would be worth
// anything. What was started is ended on the way (defer), and main prints the Fault.
package fault

import "fmt"

// Fault is what went wrong, as one sentence.
type Fault string

// Check ends the benchmark if there is an error.
func Check(err error) {
	if err != nil {
		Raise("%v", err)
	}
}

// Raise ends the benchmark.
func Raise(format string, args ...any) { panic(Fault(fmt.Sprintf(format, args...))) }
