package jq

import (
	"context"
	"time"
)

// Config are the settings of the queue, by the names of the manual.
func (q *Queue) Config(ctx context.Context) (map[string]string, error) {
	return settings(q.Call(ctx, "JQ.CONFIG"))
}

// SetConfig changes settings: SetConfig(ctx, "lease", time.Minute, "concurrency", 50).
func (q *Queue) SetConfig(ctx context.Context, field string, value any, more ...any) error {
	_, err := q.Call(ctx, "JQ.CONFIG", append([]any{field, value}, more...)...)
	return err
}

// Group are the limits and numbers of one lane.
func (q *Queue) Group(ctx context.Context, group string) (*GroupInfo, error) {
	reply, err := q.Call(ctx, "JQ.GROUP", group)
	if err != nil {
		return nil, err
	}
	info := new(GroupInfo)
	return info, decode(reply, info)
}

// SetGroup gives a lane limits of its own: SetGroup(ctx, "acme", "concurrency", 5, "rate", "100/1000").
func (q *Queue) SetGroup(ctx context.Context, group, field string, value any, more ...any) error {
	_, err := q.Call(ctx, "JQ.GROUP", append([]any{group, field, value}, more...)...)
	return err
}

// Pause lets no job be claimed; false if it was so before. Options: Group for one lane, For for a while.
func (q *Queue) Pause(ctx context.Context, options ...Option) (bool, error) {
	changed, err := q.number(ctx, options, "JQ.PAUSE")
	return changed == 1, err
}

// Resume ends a pause; false if there was none. Options: Group for one lane, Option{"ONLY", "PAUSE"}, Option{"ONLY", "FOR"}.
func (q *Queue) Resume(ctx context.Context, options ...Option) (bool, error) {
	changed, err := q.number(ctx, options, "JQ.RESUME")
	return changed == 1, err
}

func settings(reply any, err error) (map[string]string, error) {
	if err != nil {
		return nil, err
	}
	pairs, err := pairsOf(reply)
	made := make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		made[text(pairs[i])] = text(pairs[i+1])
	}
	return made, err
}

// ScheduleInfo is what a queue knows of a schedule (JQ.SCHEDULES).
type ScheduleInfo struct {
	Name       string        `jq:"name"`
	Every      time.Duration `jq:"every"`
	Cron       string        `jq:"cron"`
	Zone       string        `jq:"tz"`
	From       time.Time     `jq:"from"`
	Until      time.Time     `jq:"until"`
	Overlap    string        `jq:"overlap"`
	Next       time.Time     `jq:"next"`
	Last       time.Time     `jq:"last"`
	Payload    []byte        `jq:"payload"`
	Enqueued   int64         `jq:"enqueued"`
	Duplicates int64         `jq:"duplicates"`
	Skipped    int64         `jq:"skipped"`
	Dropped    int64         `jq:"dropped"`
	Missed     int64         `jq:"missed"`
	// Others are the options of the jobs, by the names of the manual.
	Others map[string]any `jq:"*"`
}

// Schedule lets the server add a job at every instant of a timetable, Every or Cron, and tells the next one (zero: the
// timetable has none left). The same schedule set again changes nothing. Options: Zone, From, Until, OverlapSkip, and those of
// the jobs.
func (q *Queue) Schedule(ctx context.Context, name string, payload any, timetable Option, options ...Option) (time.Time, error) {
	data, err := encode(payload)
	if err != nil {
		return time.Time{}, err
	}
	reply, err := q.ask(ctx, append([]Option{timetable}, options...), "JQ.SCHEDULE", name, data)
	if err != nil || reply == nil {
		return time.Time{}, err
	}
	return time.UnixMilli(integer(reply)), nil
}

// Unschedule removes a schedule; false if there is none.
func (q *Queue) Unschedule(ctx context.Context, name string) (bool, error) {
	removed, err := q.number(ctx, nil, "JQ.UNSCHEDULE", name)
	return removed == 1, err
}

// Schedules are all schedules, by name.
func (q *Queue) Schedules(ctx context.Context) ([]ScheduleInfo, error) {
	reply, err := q.Call(ctx, "JQ.SCHEDULES")
	if err != nil {
		return nil, err
	}
	return decodeAll[ScheduleInfo](reply)
}

// ExpiryInfo is what a queue knows of a prefix of OnExpire.
type ExpiryInfo struct {
	Prefix    string `jq:"prefix"`
	Enqueued  int64  `jq:"enqueued"`
	Coalesced int64  `jq:"coalesced"`
	Dropped   int64  `jq:"dropped"`
	// Others are the options of the jobs, by the names of the manual.
	Others map[string]any `jq:"*"`
}

// OnExpire lets the server add a job, named after the key, when a key with the prefix expires. Options are those of Add
// but At, Hold and Set.
func (q *Queue) OnExpire(ctx context.Context, prefix string, options ...Option) error {
	_, err := q.ask(ctx, options, "JQ.ONEXPIRE", prefix)
	return err
}

// OffExpire ends that; false if it was off.
func (q *Queue) OffExpire(ctx context.Context, prefix string) (bool, error) {
	was, err := q.number(ctx, nil, "JQ.ONEXPIRE", prefix, "OFF")
	return was == 1, err
}

// Expiries are all prefixes.
func (q *Queue) Expiries(ctx context.Context) ([]ExpiryInfo, error) {
	reply, err := q.Call(ctx, "JQ.ONEXPIRE")
	if err != nil {
		return nil, err
	}
	return decodeAll[ExpiryInfo](reply)
}
