package report

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// decades are the ticks of a logarithmic axis: the powers of ten, and 2 and 5 of each if there is room.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(least, most float64) []plot.Tick {
	digits := []float64{1, 2, 5}
	if most/least > 3000 {
		digits = []float64{1}
	}
	var ticks []plot.Tick
	for power := math.Floor(math.Log10(least)); power <= math.Log10(most); power++ {
		for _, digit := range digits {
			value := digit * math.Pow(10, power)
			if value >= least && value <= most {
				ticks = append(ticks, plot.Tick{Value: value, Label: number(value)})
			}
		}
	}
	return ticks
}

// number is a figure with the digits that mean something: three, and all before the point.
func number(value float64) string {
	decimals := 0
	for limit := 100.0; value != 0 && math.Abs(value) < limit && decimals < 2; limit /= 10 {
		decimals++
	}
	text := strconv.FormatFloat(value, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	whole, rest, _ := strings.Cut(text, ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if rest != "" {
		rest = "." + rest
	}
	return whole + rest
}
