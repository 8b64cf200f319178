// Package jq is a client of redis-jq, the job queue inside Redis, on top of go-redis.
//
// A [Queue] has the commands of the manual under their own names. A [Worker] claims jobs, gives them to a [Handler], and
// sees to everything between: it extends leases, repeats answers that were not answered, finds jobs whose reply was lost,
// follows failovers and moved slots, and stops without losing an attempt. An [EventReader] reads what has happened.
//
//	mails := jq.NewQueue(client, "mail")
//	added, err := mails.Add(ctx, "welcome:42", Mail{To: "ada@example.org"}, jq.Delay(time.Minute))
//
//	worker := jq.Worker{Client: client, Queues: []string{"mail"}, Handler: jq.JSON(send)}
//	err = worker.Run(ctx)
//
// A [ShardedQueue] is one queue over many keys, and so over all nodes of a cluster.
//
// The package keeps nothing in Redis beside the queue. Workers of other languages, and plain commands, can share it.
//
// # Errors
//
// What the server replies with is an [*Error]; errors.Is compares its code with [ErrFull], [ErrNoPermission] and the
// others. A handler decides by its error what becomes of the job: see [Fatal] and [NotNow].
//
// # Units
//
// Durations are time.Duration and are sent as whole milliseconds, rounded up. Instants are time.Time.
package jq
