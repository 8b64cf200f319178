package jq

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// The replies of the server are maps (RESP3) or flat arrays of names and values (RESP2). Structs receive them by the tag
// `jq:"name"`, and what has no field of its own, or another type than the field, goes into the field tagged `jq:"*"`.

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	plans        sync.Map // of reflect.Type: map[string]int, the number of the field for each name
)

// decode fills the struct that into points to.
func decode(reply, into any) error {
	pairs, err := pairsOf(reply)
	if err != nil {
		return err
	}
	target := reflect.ValueOf(into).Elem()
	plan := planOf(target.Type())
	for i := 0; i < len(pairs); i += 2 {
		name, value := text(pairs[i]), pairs[i+1]
		if field, ok := plan[name]; ok && assign(target.Field(field), value) {
			continue
		}
		if rest, ok := plan["*"]; ok {
			keep(target.Field(rest), name, value)
		}
	}
	return nil
}

// pairsOf is a map reply as names and values in turn.
func pairsOf(reply any) ([]any, error) {
	switch reply := reply.(type) {
	case []any:
		if len(reply)%2 == 0 {
			return reply, nil
		}
	case map[any]any:
		pairs := make([]any, 0, 2*len(reply))
		for name, value := range reply {
			pairs = append(pairs, name, value)
		}
		return pairs, nil
	}
	return nil, fmt.Errorf("jq: a reply is %T where a map was expected", reply)
}

func planOf(of reflect.Type) map[string]int {
	if plan, ok := plans.Load(of); ok {
		return plan.(map[string]int)
	}
	plan := make(map[string]int)
	for i := range of.NumField() {
		if name, ok := of.Field(i).Tag.Lookup("jq"); ok {
			plan[name] = i
		}
	}
	plans.Store(of, plan)
	return plan
}

// assign says whether the value fits the field.
func assign(field reflect.Value, value any) bool {
	switch value := value.(type) {
	case int64:
		return assignInteger(field, value)
	case string:
		return assignText(field, value)
	case []any, map[any]any:
		return assignMany(field, value)
	}
	return false
}

func assignInteger(field reflect.Value, value int64) bool {
	switch {
	case field.Type() == timeType:
		instant := time.UnixMilli(value)
		if value == -1 {
			instant = Never
		}
		field.Set(reflect.ValueOf(instant))
	case field.Type() == durationType && value >= 0:
		field.SetInt(value * int64(time.Millisecond))
	case field.CanInt():
		field.SetInt(value)
	case field.Kind() == reflect.Bool:
		field.SetBool(value != 0)
	case field.Kind() == reflect.String:
		field.SetString(fmt.Sprint(value))
	default:
		return false
	}
	return true
}

func assignText(field reflect.Value, value string) bool {
	switch {
	case field.Kind() == reflect.String:
		field.SetString(value)
	case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Uint8:
		field.SetBytes([]byte(value))
	default:
		return false
	}
	return true
}

// assignMany fills slices of structs, and maps of texts.
func assignMany(field reflect.Value, value any) bool {
	switch field.Kind() {
	case reflect.Slice:
		items, ok := value.([]any)
		if !ok || field.Type().Elem().Kind() != reflect.Struct {
			return false
		}
		made := reflect.MakeSlice(field.Type(), len(items), len(items))
		for i, item := range items {
			if decode(item, made.Index(i).Addr().Interface()) != nil {
				return false
			}
		}
		field.Set(made)
		return true
	case reflect.Map:
		pairs, err := pairsOf(value)
		if err != nil {
			return false
		}
		texts := make(map[string]string, len(pairs)/2)
		for i := 0; i < len(pairs); i += 2 {
			texts[text(pairs[i])] = text(pairs[i+1])
		}
		field.Set(reflect.ValueOf(texts))
		return true
	}
	return false
}

func keep(rest reflect.Value, name string, value any) {
	if rest.IsNil() {
		rest.Set(reflect.ValueOf(make(map[string]any)))
	}
	rest.SetMapIndex(reflect.ValueOf(strings.Clone(name)), reflect.ValueOf(&value).Elem())
}

// text is a name or value of a reply as a string.
func text(value any) string {
	if value, ok := value.(string); ok {
		return value
	}
	return fmt.Sprint(value)
}

// integer is a number of a reply, 0 where it is none.
func integer(value any) int64 {
	number, _ := value.(int64)
	return number
}

// list is an array of a reply, nil where it is none.
func list(value any) []any {
	items, _ := value.([]any)
	return items
}

// integers are the numbers of a reply that has one for each item.
func integers(value any) []int64 {
	items := list(value)
	numbers := make([]int64, len(items))
	for i, item := range items {
		numbers[i] = integer(item)
	}
	return numbers
}

// decodeAll makes a T of each map in a list.
func decodeAll[T any](reply any) ([]T, error) {
	items := list(reply)
	made := make([]T, len(items))
	for i, item := range items {
		if err := decode(item, &made[i]); err != nil {
			return nil, err
		}
	}
	return made, nil
}
