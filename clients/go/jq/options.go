package jq

import "time"

// Option is an option of a command: its keyword of the manual and its values. Every function that takes options takes any
// of them, and the server refuses those that its command does not have. One that is not here is written as it is sent:
// Option{"KEYWORD", 5}. Durations are sent as milliseconds, rounded up, and instants as Unix milliseconds.
type Option []any

// Delay keeps the job from starting before d is over.
func Delay(d time.Duration) Option { return Option{"DELAY", d} }

// At keeps the job from starting before the instant.
func At(instant time.Time) Option { return Option{"AT", instant} }

// Hold blocks the job until Promote names it.
func Hold() Option { return Option{"HOLD"} }

// MaxWait bounds how long replacements can delay a job, from its first Add.
func MaxWait(d time.Duration) Option { return Option{"MAXWAIT", d} }

// Priority orders the jobs, the smaller number first; 0 unless given.
func Priority(n int) Option { return Option{"PRIORITY", n} }

// Front puts the job before all others of its priority.
func Front() Option { return Option{"FRONT"} }

// Attempts is how many failures the job has before it fails for good.
func Attempts(n int) Option { return Option{"ATTEMPTS", n} }

// BackoffFixed is the wait after each failure.
func BackoffFixed(d time.Duration) Option { return Option{"BACKOFF", "FIXED", d} }

// BackoffExponential is the wait after the first failure, doubled with each further one.
func BackoffExponential(d time.Duration) Option { return Option{"BACKOFF", "EXPONENTIAL", d} }

// Dedup is how long the id stays refused after the job has ended; 0: free at once, Forever: as long as the queue lives.
func Dedup(window time.Duration) Option { return Option{"DEDUP", window} }

// DedupKept refuses the id as long as the record of the job is kept.
func DedupKept() Option { return Option{"DEDUP", "KEPT"} }

// OnDupReplace lets a job that is not active take the payload, and whatever else the call names.
func OnDupReplace() Option { return Option{"ONDUP", "REPLACE"} }

// OnDupRerun lets an active job run once more after this run.
func OnDupRerun() Option { return Option{"ONDUP", "RERUN"} }

// PX lets the job expire if no worker has claimed it by then.
func PX(d time.Duration) Option { return Option{"PX", d} }

// Keep is how long the record of the completed job can be read; Forever has no end.
func Keep(d time.Duration) Option { return Option{"KEEP", d} }

// MaxRun is how long one run of the job lasts at most, however often its lease is extended.
func MaxRun(d time.Duration) Option { return Option{"MAXRUN", d} }

// Group puts the job into a lane; as a selector: the jobs of the lane.
func Group(name string) Option { return Option{"GROUP", name} }

// Name says what kind of job it is; as a selector: the jobs of that kind.
func Name(name string) Option { return Option{"NAME", name} }

// Set gives the job a field.
func Set(field string, value any) Option { return Option{"SET", field, value} }

// Unset removes a field.
func Unset(field string) Option { return Option{"UNSET", field} }

// InBatch makes the job a member of a batch; as a selector: the members.
func InBatch(name string) Option { return Option{"BATCH", name} }

// After blocks the job until the batch has finished, however its members ended.
func After(batch string) Option { return Option{"AFTER", batch} }

// AfterOK is After, but the job fails if not every member was completed.
func AfterOK(batch string) Option { return Option{"AFTEROK", batch} }

// ByWorker selects the jobs that the worker holds, or of records, those it ran last.
func ByWorker(name string) Option { return Option{"WORKER", name} }

// Priorities selects the jobs of these priorities, both included.
func Priorities(lowest, highest int) Option { return Option{"PRIORITY", lowest, highest} }

// Since selects what finished, or if it has not, was added, at the instant or later.
func Since(instant time.Time) Option { return Option{"SINCE", instant} }

// Until selects what finished, or if it has not, was added, before the instant; of a schedule: no tick after it.
func Until(instant time.Time) Option { return Option{"UNTIL", instant} }

// OlderThan selects what finished, or if it has not, was added, longer ago than that.
func OlderThan(d time.Duration) Option { return Option{"OLDER", d} }

// Newest turns the order of a listing round.
func Newest() Option { return Option{"REV"} }

// Skip leaves out the first n of a listing.
func Skip(n int) Option { return Option{"SKIP", n} }

// Count is how many entries one call gives, or examines, at most.
func Count(n int) Option { return Option{"COUNT", n} }

// Cursor goes on with the page that follows.
func Cursor(next string) Option { return Option{"CURSOR", next} }

// WithPayload lets a listing give the payloads, too.
func WithPayload() Option { return Option{"PAYLOAD"} }

// For bounds a pause.
func For(d time.Duration) Option { return Option{"FOR", d} }

// Every is the timetable of a schedule that ticks at fixed intervals.
func Every(d time.Duration) Option { return Option{"EVERY", d} }

// Cron is the timetable of a schedule in five fields, or six with the second first.
func Cron(expression string) Option { return Option{"CRON", expression} }

// Zone is the time zone of Cron, such as Europe/Berlin; UTC unless given.
func Zone(name string) Option { return Option{"TZ", name} }

// From is the instant before which a schedule has no tick.
func From(instant time.Time) Option { return Option{"FROM", instant} }

// OverlapSkip drops a tick while the job of the last one is unfinished.
func OverlapSkip() Option { return Option{"OVERLAP", "SKIP"} }

// OfJob wants the events of one job only.
func OfJob(id string) Option { return Option{"ID", id} }

// Only wants the events of these names, separated by commas.
func Only(names string) Option { return Option{"ONLY", names} }
