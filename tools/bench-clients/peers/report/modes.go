package report

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"gonum.org/v1/plot/vg/vgsvg"
)

// inTheDark is what the colours of a plot become where the reader's page is dark.
var inTheDark = map[string]string{
	"#FFFFFF": "#0d1117", "#1F2328": "#f0f6fc", "#D0D7DE": "#3d444d",
	"#0969DA": "#58a6ff", "#BC4C00": "#f0883e", "#1A7F37": "#3fb950", "#8250DF": "#bc8cff",
}

// inBothModes is the SVG of a canvas, with a title, a font that readers have (of the same widths), and colours for light and dark pages.
func inBothModes(canvas *vgsvg.Canvas, title string) []byte {
	var drawn bytes.Buffer
	_, err := canvas.WriteTo(&drawn)
	fault.Check(err)
	text := strings.ReplaceAll(drawn.String(), "font-family:Liberation Sans", "font-family:Arial,Liberation Sans,sans-serif")
	tag, rest, found := strings.Cut(text, "xlink\">\n")
	if !found {
		fault.Raise("the SVG begins in an unknown way: %.200s", text)
	}
	return []byte(fmt.Sprintf("%sxlink\" role=\"img\">\n<title>%s</title>\n%s%s", tag, title, dark(), rest))
}

// dark is a style sheet. The canvas names each colour in an attribute, which a rule can look for and overrule.
func dark() string {
	var rules strings.Builder
	for _, light := range slices.Sorted(maps.Keys(inTheDark)) {
		for _, property := range []string{"fill", "stroke"} {
			fmt.Fprintf(&rules, "  [style*=\"%s:%s\"] { %s: %s !important }\n", property, light, property, inTheDark[light])
		}
	}
	return "<style>\n@media (prefers-color-scheme: dark) {\n" + rules.String() + "}\n</style>\n"
}
