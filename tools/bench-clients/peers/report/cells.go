package report

import "github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"

// Middle is the cell around which each dimension is varied.
var Middle = Cell{Payload: 98, AOF: "everysec", Handlers: 16, Way: play.One, Together: 1}

// The cells of goals: no append-only file, 98 bytes.
var (
	ByFifties     = Cell{Payload: 98, AOF: "off", Handlers: 16, Way: play.Batched, Together: 50}
	OneConnection = Cell{Payload: 98, AOF: "off", Handlers: 1, Way: play.Pipelined, Together: 16}
	TenOneByOne   = Cell{Payload: 98, AOF: "off", Handlers: 10, Way: play.One, Together: 1}
	TenByHundreds = Cell{Payload: 98, AOF: "off", Handlers: 10, Way: play.Batched, Together: 100}
)

// Ways are the ways to send.
func Ways() []Cell {
	pipelined, batched := Middle, Middle
	pipelined.Way, pipelined.Together = play.Pipelined, 16
	batched.Way, batched.Together = play.Batched, 50
	return []Cell{Middle, pipelined, batched}
}

// Payloads are the lengths of payloads.
func Payloads() []Cell {
	return varied([]int{98, 1024, 10_240}, func(cell *Cell, bytes int) { cell.Payload = bytes })
}

// AOFs are the settings of the append-only file.
func AOFs() []Cell {
	return varied([]string{"off", "everysec", "always"}, func(cell *Cell, setting string) { cell.AOF = setting })
}

// Handlers are the numbers of producers, and of handlers.
func Handlers() []Cell {
	return varied([]int{1, 4, 16, 64}, func(cell *Cell, handlers int) { cell.Handlers = handlers })
}

func varied[T any](values []T, set func(*Cell, T)) []Cell {
	cells := make([]Cell, len(values))
	for i, value := range values {
		cells[i] = Middle
		set(&cells[i], value)
	}
	return cells
}
