#!/usr/bin/env ruby
# frozen_string_literal: true

# A whole program with nothing but the gem redis (4.8): it enqueues ten jobs, twice, and works until none is left.
# usage: ruby worker.rb [QUEUE]    with the address of the server in REDIS_URL

require 'redis'
require 'securerandom'
require 'socket'

QUEUE = ARGV.fetch(0, 'example')
NAME = "#{Socket.gethostname}:#{Process.pid}:#{SecureRandom.hex(4)}" # no other process may have it
LEASE = 3000 # ms until a job whose worker has died runs elsewhere; EXTEND prolongs it. In earnest rather 30,000.
BLOCK = 1000 # ms that a claim waits for a job: less than the timeout of its connection, at most a third of the lease

# Redis.new connects with the first command, and again with the next command after an error. It must repeat nothing by
# itself: a claim that is sent again gets other jobs.
def connect
  Redis.new(url: ENV.fetch('REDIS_URL', 'redis://127.0.0.1:6379'), timeout: 5, reconnect_attempts: 0)
end

CLAIMS = connect # a claim that waits occupies its connection, so that nothing else could be sent on it
COMMANDS = connect

# Whether the server will be there again: no connection, or it is loading its files or is a replica for the moment.
def away?(error)
  error.is_a?(Redis::BaseConnectionError) || error.message.start_with?('LOADING', 'READONLY', 'MASTERDOWN')
end

# Sends a command until it is answered. Everything but a claim may be sent twice: the second answer says so.
def ask(*command)
  tries = 0
  begin
    COMMANDS.call(*command)
  rescue Redis::BaseError => e
    raise if !away?(e) || (tries += 1) > 100 # half a minute or more: whoever has started this program should know

    sleep 0.3
    retry
  end
end

# The work. What it raises is the error of the job.
def handle(payload)
  raise ArgumentError, "no address: #{payload}" unless payload.include?('@')

  sleep(payload.start_with?('slow') ? 4 : 0.05)
end

def error_of
  yield
  nil
rescue StandardError => e
  e
end

# Runs a job in a thread of its own while this one extends its lease, and answers for it.
def run(token, id, attempt, payload)
  handler = Thread.new { error_of { handle(payload) } }
  until handler.join(LEASE / 3000.0)
    answer = ask('JQ.EXTEND', QUEUE, LEASE, token, id).first
    next if answer.positive?

    handler.kill # it was cancelled (-3), or is another worker's by now
    return puts("#{id} is not ours any more (#{answer})")
  end
  error = handler.value
  if error
    answer = ask('JQ.NACK', QUEUE, token, id, 'ERROR', error.message).first
    puts "#{id} failed, attempt #{attempt}: #{error.message} (#{answer})" # 1: it is tried again, 2: it is not
  else
    answer = ask('JQ.ACK', QUEUE, token, id).first
    puts "#{id} #{answer.negative? ? 'was lost' : 'completed'}, attempt #{attempt} (#{answer})" # 0: done by an ACK before
  end
end

# The next job, or after a lost connection the one whose reply was lost: it is leased to our name.
def claim(is_reply_lost)
  CLAIMS.call('JQ.CLAIM', QUEUE, NAME, 'LEASE', LEASE, *(is_reply_lost ? ['HELD'] : ['BLOCK', BLOCK]))
end

def work_until_nothing_is_left(stop)
  is_reply_lost = false
  until stop[:asked]
    begin
      jobs = claim(is_reply_lost)
      is_reply_lost = false
    rescue Redis::BaseError => e
      raise unless away?(e)

      is_reply_lost = true
      sleep BLOCK / 1000.0 # so long the server may still give a job to the claim whose connection is gone
      next
    end
    jobs.to_a.each { |job| run(*job) unless stop[:asked] }
    # Only an example ends when there is nothing left to do.
    break if jobs.to_a.empty? && %w[waiting delayed active].sum { |state| ask('JQ.COUNT', QUEUE, state) }.zero?
  end
  # Hands back what was claimed and not begun. It costs these jobs no attempt.
  puts "#{NAME} ends, #{ask('JQ.RELEASE', QUEUE, 'WORKER', NAME)} handed back"
end

$stdout.sync = true
stop = { asked: false }
%w[TERM INT].each { |signal| trap(signal) { stop[:asked] = true } } # the job that runs is finished first

jobs = (1..10).to_h { |n| ["mail:#{n}", "user#{n}@example.org"] }
jobs.update('mail:4' => 'slow@example.org', 'mail:7' => 'nobody')
2.times do # what is known already is refused, so it does no harm to enqueue again
  replies = ask('JQ.MADD', QUEUE, jobs.size, *jobs.flatten, 'ATTEMPTS', 2, 'BACKOFF', 'FIXED', 200)
  puts "enqueued: #{replies.map(&:first).tally}"
end
work_until_nothing_is_left(stop)
