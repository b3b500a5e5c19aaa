-- name: insert_run
-- A second run in a channel that has one is refused by the index, so two clicks start one run.
INSERT INTO run (
    space, run, series, content_hash, channel, zone, timetable, by_hand, status, chapters,
    position, current, told, held, missed, forum, ping, due_at_ms, due_local, due_beat, started_by,
    started_at_ms, revision
) VALUES (
    :space, :run, :series, :content_hash, :channel, :zone, :timetable, :by_hand, :status,
    :chapters, :position, :current, :told, :held, :missed, :forum, :ping, :due_at_ms, :due_local,
    :due_beat, :started_by, :started_at_ms, 1
)
ON CONFLICT DO NOTHING;

-- name: update_run
-- Save a run only if nobody else did since we read it; no row touched means "read again".
UPDATE run
SET content_hash = :content_hash, channel = :channel, status = :status, chapters = :chapters,
    position = :position, current = :current, told = :told, held = :held, missed = :missed,
    forum = :forum, due_at_ms = :due_at_ms, due_local = :due_local, due_beat = :due_beat,
    revision = revision + 1
WHERE space = :space AND run = :run AND revision = :revision;

-- name: run_by_id
-- One run, as long as it is the asking space's own.
SELECT * FROM run WHERE space = :space AND run = :run;

-- name: run_in_channel
-- The newest run of a channel that is not over, else the newest that is; one row at most.
SELECT * FROM run
WHERE space = :space AND channel = :channel
ORDER BY status IN ('finished', 'stopped'), started_at_ms DESC, run
LIMIT 1;

-- name: runs_of_member
-- The runs a member takes part in, so that a question without a channel still finds its run.
SELECT run.* FROM run
JOIN enrolment ON enrolment.space = run.space AND enrolment.run = run.run
WHERE enrolment.space = :space AND enrolment.member = :member AND enrolment.left_at_ms IS NULL
ORDER BY run.started_at_ms DESC, run.run
LIMIT 20;

-- name: runs_started_by
-- The runs that stay somebody's when all else of theirs is deleted; a space has few.
SELECT * FROM run WHERE space = :space AND started_by = :member ORDER BY started_at_ms, run;

-- name: runs_of_space
-- The runs of a space that are not over, for moderators who ask from another channel.
SELECT * FROM run
WHERE space = :space AND status IN ('active', 'paused', 'blocked')
ORDER BY started_at_ms DESC, run
LIMIT 20;

-- name: every_run_of_space
-- All of a space's runs that are not over, for what befalls the whole space.
SELECT * FROM run WHERE space = :space AND status IN ('active', 'paused', 'blocked')
ORDER BY channel;

-- name: runs_due
-- The tick's one question, for all spaces at once: whose slot has come?
SELECT * FROM run WHERE due_at_ms <= :now_ms ORDER BY due_at_ms, space, run LIMIT :most;

-- name: runs_under_way
-- The next few of all runs that are not over, in the order of their channels, for what is made
-- ahead; by the index that keeps them alone there.
SELECT * FROM run
WHERE status IN ('active', 'paused', 'blocked') AND (space, channel) > (:space, :channel)
ORDER BY space, channel
LIMIT :most;

-- name: next_due
-- When the next slot of any run comes; the local hall's clock jumps there.
SELECT MIN(due_at_ms) AS due_at_ms FROM run WHERE due_at_ms IS NOT NULL;

-- name: plan_lesson
-- A chapter that is planned (or dropped) once stays as it was first noted.
INSERT INTO lesson (
    space, run, chapter, number, content_hash, skipped, posted_at_ms, discussed_at_ms,
    late_ms, votes_behind, votes_shown_at_ms
) VALUES (
    :space, :run, :chapter, :number, :content_hash, :skipped, NULL, NULL, :late_ms, 0, 0
)
ON CONFLICT DO NOTHING;

-- name: lesson_posted
-- Progress follows delivery: members may open a chapter once its post is out.
UPDATE lesson SET posted_at_ms = :at_ms
WHERE space = :space AND run = :run AND chapter = :chapter AND posted_at_ms IS NULL;

-- name: lesson_discussed
-- From the discuss beat on the first vote is closed and reveal cards are open to all.
UPDATE lesson SET discussed_at_ms = :at_ms
WHERE space = :space AND run = :run AND chapter = :chapter AND discussed_at_ms IS NULL;

-- name: lessons_of_run
-- What was planned in a run so far, in order.
SELECT chapter, number, content_hash, skipped, posted_at_ms, discussed_at_ms, late_ms
FROM lesson WHERE space = :space AND run = :run ORDER BY number;

-- name: lesson_by_chapter
-- One planned chapter.
SELECT chapter, number, content_hash, skipped, posted_at_ms, discussed_at_ms, late_ms
FROM lesson WHERE space = :space AND run = :run AND chapter = :chapter;

-- name: vote_added
-- Marks the post as behind. A chapter without a post has nothing that could be.
UPDATE lesson SET votes_behind = 1
WHERE space = :space AND run = :run AND chapter = :chapter AND posted_at_ms IS NOT NULL;

-- name: stale_vote_counts
-- Posts whose count is behind, read off an index of just those: asked every second.
SELECT space, run, chapter FROM lesson
WHERE votes_behind = 1 AND votes_shown_at_ms <= :before_ms
ORDER BY votes_shown_at_ms LIMIT :most;

-- name: vote_count_shown
-- Noted before the edit is made, so that a failing edit is not tried in a loop.
UPDATE lesson SET votes_behind = 0, votes_shown_at_ms = :at_ms
WHERE space = :space AND run = :run AND chapter = :chapter;

-- name: count_posts
-- How many of a run's public messages are in which state.
SELECT state, COUNT(*) AS posts FROM delivery
WHERE space = :space AND run = :run AND member = '' AND kind = 'part' GROUP BY state;
