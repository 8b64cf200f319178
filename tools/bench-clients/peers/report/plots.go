package report

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// series is one kind of dots: a figure of each contender that has it.
type series struct {
	name  string
	value func(contender string) (float64, bool)
}

// picture is a plot of dots, one line for each contender, on a logarithmic axis: the figures differ by factors.
type picture struct {
	file, title, axis string
	series            []series
}

// pictures are all plots of a run.
func (r Run) pictures() []picture {
	ways, payloads, settings := Ways(), Payloads(), AOFs()
	return []picture{
		{"rates.svg", "Jobs a second", "jobs a second (more is better)", []series{
			{"enqueued one by one", r.of(ways[0], func(l Life) float64 { return l.Enqueue.Rate })},
			{"worked off one by one", r.of(ways[0], func(l Life) float64 { return l.Work.Rate })},
			{"enqueued by 50s", r.of(ways[2], func(l Life) float64 { return l.Enqueue.Rate })},
			{"worked off by 50s", r.of(ways[2], func(l Life) float64 { return l.Work.Rate })},
		}},
		{"cpu.svg", "Server CPU of a whole life", "µs a job (less is better)", []series{
			{"one by one", r.of(ways[0], Life.CPU)},
			{"pipelined by 16", r.of(ways[1], Life.CPU)},
			{"by 50s", r.of(ways[2], Life.CPU)},
		}},
		{"latency.svg", "From the call that enqueues to the handler", "µs (less is better)", []series{
			{"p50", r.waits(func(l Latency) float64 { return l.Claim.P50 })},
			{"p99", r.waits(func(l Latency) float64 { return l.Claim.P99 })},
			{"p99.9", r.waits(func(l Latency) float64 { return l.Claim.P999 })},
		}},
		{"payload.svg", "Server CPU of a whole life, by payload", "µs a job (less is better)", []series{
			{"98 bytes", r.of(payloads[0], Life.CPU)},
			{"1 KB", r.of(payloads[1], Life.CPU)},
			{"10 KB", r.of(payloads[2], Life.CPU)},
		}},
		{"aof.svg", "Whole lives a second, by appendfsync", "jobs a second, one phase after the other (more is better)", []series{
			{"no append-only file", r.of(settings[0], Life.Rate)},
			{"everysec", r.of(settings[1], Life.Rate)},
			{"always", r.of(settings[2], Life.Rate)},
		}},
	}
}

// of is a figure of what contenders took in a cell.
func (r Run) of(cell Cell, figure func(Life) float64) func(string) (float64, bool) {
	return func(contender string) (float64, bool) {
		life, is := r.life(contender, cell)
		return figure(life), is
	}
}

func (r Run) waits(figure func(Latency) float64) func(string) (float64, bool) {
	return func(contender string) (float64, bool) {
		latency, is := r.latency(contender)
		return figure(latency), is
	}
}

// WritePlots writes all plots into a folder.
func (r Run) WritePlots(folder string) {
	for _, picture := range r.pictures() {
		fault.Check(os.WriteFile(filepath.Join(folder, picture.file), picture.draw(r), 0o644))
	}
}

var (
	ink   = color.RGBA{0x1f, 0x23, 0x28, 0xff}
	quiet = color.RGBA{0xd0, 0xd7, 0xde, 0xff}
	// dots tell series apart by shape as well as by colour.
	dots = []draw.GlyphStyle{
		{Color: color.RGBA{0x09, 0x69, 0xda, 0xff}, Radius: 4, Shape: draw.CircleGlyph{}},
		{Color: color.RGBA{0xbc, 0x4c, 0x00, 0xff}, Radius: 4, Shape: draw.BoxGlyph{}},
		{Color: color.RGBA{0x1a, 0x7f, 0x37, 0xff}, Radius: 4, Shape: draw.PyramidGlyph{}},
		{Color: color.RGBA{0x82, 0x50, 0xdf, 0xff}, Radius: 4, Shape: draw.RingGlyph{}},
	}
)

const (
	width  = 760 * vg.Length(1)
	legend = 18 * vg.Length(1) // height of one of its lines
	row    = 24 * vg.Length(1)
	frame  = 110 * vg.Length(1) // title, axis, margins
)

func (p picture) draw(r Run) []byte {
	plotted := p.plot(r)
	height := frame + row*vg.Length(len(r.Contenders)) + legend*vg.Length(len(p.series))
	canvas := vgsvg.New(width, height)
	plotted.Draw(draw.Crop(draw.New(canvas), 16, -24, 12, -16))
	return inBothModes(canvas, fmt.Sprintf("%s: %s", p.title, p.axis))
}

func (p picture) plot(r Run) *plot.Plot {
	plotted := plot.New()
	plotted.Title.Text = p.title
	plotted.Title.Padding = 8
	plotted.X.Label.Text = p.axis
	plotted.X.Scale = plot.LogScale{}
	plotted.X.Tick.Marker = decades{}
	plotted.BackgroundColor = color.White
	plotted.Legend.Top, plotted.Legend.Left = true, true
	plotted.Legend.Padding = 4
	style(plotted)
	names := make([]string, len(r.Contenders))
	for i, contender := range r.Contenders {
		names[len(names)-1-i] = contender.Shown // from the top
	}
	plotted.NominalY(names...)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = quiet, quiet
	plotted.Add(grid)
	for i, series := range p.series {
		scatter, err := plotter.NewScatter(series.points(r))
		fault.Check(err)
		scatter.GlyphStyle = dots[i]
		plotted.Add(scatter)
		plotted.Legend.Add(series.name, scatter)
	}
	// Above the lines there is room for the legend, and beside the dots for halves of them.
	plotted.Y.Min, plotted.Y.Max = -0.5, float64(len(names))-0.5+float64(len(p.series))*float64(legend/row)
	plotted.X.Min, plotted.X.Max = plotted.X.Min/1.3, plotted.X.Max*1.3
	return plotted
}

func (s series) points(r Run) plotter.XYs {
	var points plotter.XYs
	for i, contender := range r.Contenders {
		if value, is := s.value(contender.Name); is && value > 0 {
			points = append(points, plotter.XY{X: value, Y: float64(len(r.Contenders) - 1 - i)})
		}
	}
	return points
}

// style gives all text and lines one ink and one font.
func style(plotted *plot.Plot) {
	for _, text := range []*draw.TextStyle{
		&plotted.Title.TextStyle, &plotted.X.Label.TextStyle, &plotted.X.Tick.Label, &plotted.Y.Tick.Label, &plotted.Legend.TextStyle,
	} {
		text.Color = ink
		text.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: 12}
	}
	plotted.Title.TextStyle.Font.Size = 16
	for _, line := range []*draw.LineStyle{&plotted.X.LineStyle, &plotted.X.Tick.LineStyle, &plotted.Y.LineStyle, &plotted.Y.Tick.LineStyle} {
		line.Color = ink
	}
}
