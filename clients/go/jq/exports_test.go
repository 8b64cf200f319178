package jq_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryExportIsDocumented(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, source := range sources {
		file, err := parser.ParseFile(set, source, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(source, "_test.go") {
			files = append(files, file)
		}
	}
	pkg, err := doc.NewFromFiles(set, files, "jq")
	if err != nil {
		t.Fatal(err)
	}
	check := func(name, text string) {
		if text == "" {
			t.Errorf("%s has no comment", name)
		}
	}
	check("the package", pkg.Doc)
	values := append(pkg.Consts, pkg.Vars...)
	functions := pkg.Funcs
	for _, named := range pkg.Types {
		check(named.Name, named.Doc)
		values = append(append(values, named.Consts...), named.Vars...)
		functions = append(append(functions, named.Funcs...), named.Methods...)
	}
	for _, value := range values {
		check(strings.Join(value.Names, ", "), value.Doc)
	}
	for _, function := range functions {
		check(function.Name, function.Doc)
	}
	reference, err := exec.Command("go", "doc", "-all", ".").CombinedOutput()
	if err != nil || !strings.Contains(string(reference), "func (w *Worker) Run(ctx context.Context) error") {
		t.Errorf("go doc: %v\n%s", err, reference)
	}
}
