<?php

declare(strict_types=1);

// A whole program with nothing but phpredis (5.3): it enqueues ten jobs, twice, and works until none is left.
// usage: php worker.php [QUEUE]    with the address of the server in REDIS_URL

const LEASE = 3000; // ms until a job whose worker has died runs elsewhere; EXTEND prolongs it. In earnest rather 30000.
const BLOCK = 1000; // ms that a claim waits: less than the timeout of its connection, at most a third of the lease
const TIMEOUT = 5.0; // seconds for any reply

$queue = $argv[1] ?? 'example';
$name = implode(':', [gethostname(), getmypid(), bin2hex(random_bytes(4))]); // no other process may have it
$isStopAsked = false;
pcntl_async_signals(true);
foreach ([SIGTERM, SIGINT] as $signal) { // the job that runs is finished first
    pcntl_signal($signal, function () use (&$isStopAsked): void {
        $isStopAsked = true;
    });
}

/** No connection, or the server is loading its files or is a replica for the moment: it will be there again. */
class Away extends Exception
{
}

/** A connection that is made when it is needed. */
class Connection
{
    private ?Redis $redis = null;

    /** Sends a command once. phpredis throws when the connection breaks; an error reply is kept, and must be asked for. */
    public function send(string|int ...$command): mixed
    {
        try {
            $this->redis ??= $this->connect();
            $this->redis->clearLastError();
            $reply = $this->redis->rawCommand(...$command);
        } catch (RedisException $e) {
            $this->redis = null;
            throw new Away($e->getMessage());
        }
        $error = $this->redis->getLastError();
        if ($error !== null && preg_match('/^(LOADING|READONLY|MASTERDOWN)/', $error)) {
            throw new Away($error);
        }
        return $error === null ? $reply : throw new Exception("$command[0]: $error");
    }

    /** Sends a command until it is answered. Everything but a claim may be sent twice: the second answer says so. */
    public function ask(string|int ...$command): mixed
    {
        for ($tries = 1;; $tries++) {
            try {
                return $this->send(...$command);
            } catch (Away $e) {
                if ($tries > 100) { // half a minute or more: whoever has started this program should know
                    throw $e;
                }
                usleep(300_000);
            }
        }
    }

    private function connect(): Redis
    {
        $url = parse_url(getenv('REDIS_URL') ?: 'redis://127.0.0.1:6379');
        $redis = new Redis();
        $redis->connect($url['host'], $url['port'] ?? 6379, TIMEOUT, null, 0, TIMEOUT);
        $redis->setOption(Redis::OPT_MAX_RETRIES, 0); // else it connects again in silence, and nobody asks for HELD
        return $redis;
    }
}

/** The work. What it throws is the error of the job. */
function handle(string $payload): void
{
    if (!str_contains($payload, '@')) {
        throw new InvalidArgumentException("no address: $payload");
    }
    usleep(str_starts_with($payload, 'slow') ? 4_000_000 : 50_000);
}

/** Starts the handler in a process of its own. It writes "done" or its error into the stream, and ends. */
function start(string $payload): array
{
    [$output, $input] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $process = pcntl_fork();
    if ($process === 0) {
        pcntl_signal(SIGTERM, SIG_IGN); // to stop is the decision of the worker
        pcntl_signal(SIGINT, SIG_IGN);
        try {
            handle($payload);
            fwrite($input, 'done');
        } catch (Throwable $e) {
            fwrite($input, 'error ' . $e->getMessage());
        }
        exit;
    }
    fclose($input);
    return [$process, $output];
}

/** Runs a job while its lease is extended, and answers for it. */
function run(Connection $commands, string $queue, array $job): void
{
    [$token, $id, $attempt, $payload] = $job;
    [$process, $output] = start($payload);
    while (true) {
        [$read, $none] = [[$output], null];
        $isReady = @stream_select($read, $none, $none, 0, intdiv(LEASE * 1000, 3)); // false: a signal came
        if ($isReady === 1) {
            break;
        }
        [$answer] = $commands->ask('JQ.EXTEND', $queue, LEASE, $token, $id);
        if ($answer <= 0) { // it was cancelled (-3), or is another worker's by now
            posix_kill($process, SIGKILL);
            pcntl_waitpid($process, $status);
            echo "$id is not ours any more ($answer)\n";
            return;
        }
    }
    $result = stream_get_contents($output) ?: 'error the process of the handler died';
    pcntl_waitpid($process, $status);
    if ($result === 'done') {
        [$answer] = $commands->ask('JQ.ACK', $queue, $token, $id); // 1, or 0: done by an ACK before
        echo "$id " . ($answer < 0 ? 'was lost' : 'completed') . ", attempt $attempt ($answer)\n";
    } else {
        $error = substr($result, strlen('error '));
        [$answer] = $commands->ask('JQ.NACK', $queue, $token, $id, 'ERROR', $error); // 1: is tried again, 2: is not
        echo "$id failed, attempt $attempt: $error ($answer)\n";
    }
}

$claims = new Connection(); // a claim that waits occupies its connection, so that nothing else could be sent on it
$commands = new Connection();

$jobs = [];
foreach (range(1, 10) as $n) {
    array_push($jobs, "mail:$n", [4 => 'slow@example.org', 7 => 'nobody'][$n] ?? "user$n@example.org");
}
foreach (['first', 'again'] as $time) { // what is known already is refused, so it does no harm to enqueue again
    $replies = $commands->ask('JQ.MADD', $queue, 10, ...[...$jobs, 'ATTEMPTS', 2, 'BACKOFF', 'FIXED', 200]);
    echo "enqueued $time: " . json_encode(array_count_values(array_column($replies, 0))) . "\n";
}

$isReplyLost = false;
while (!$isStopAsked) {
    try {
        // After a lost connection the job whose reply was lost: it is leased to our name.
        $how = $isReplyLost ? ['HELD'] : ['BLOCK', BLOCK];
        $claimed = $claims->send('JQ.CLAIM', $queue, $name, 'LEASE', LEASE, ...$how);
        $isReplyLost = false;
    } catch (Away) {
        $isReplyLost = true;
        usleep(BLOCK * 1000); // so long the server may still give a job to the claim whose connection is gone
        continue;
    }
    foreach ($isStopAsked ? [] : $claimed as $job) {
        run($commands, $queue, $job);
    }
    // phpredis gives an empty array for null. Only an example ends when there is nothing left to do.
    $count = fn (string $state): int => $commands->ask('JQ.COUNT', $queue, $state);
    if ($claimed === [] && array_sum(array_map($count, ['waiting', 'delayed', 'active'])) === 0) {
        break;
    }
}
// Hands back what was claimed and not begun. It costs these jobs no attempt.
echo "$name ends, " . $commands->ask('JQ.RELEASE', $queue, 'WORKER', $name) . " handed back\n";
