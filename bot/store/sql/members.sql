-- name: enrolment
-- Whether and since when a member takes part.
SELECT member, joined_at_ms, left_at_ms FROM enrolment
WHERE space = :space AND run = :run AND member = :member;

-- name: save_enrolment
-- The first day stays the first day, however often somebody leaves and comes back.
INSERT INTO enrolment (space, run, member, joined_at_ms, left_at_ms)
VALUES (:space, :run, :member, :joined_at_ms, :left_at_ms)
ON CONFLICT (space, run, member) DO UPDATE SET left_at_ms = excluded.left_at_ms;

-- name: count_enrolled
-- How many take part now.
SELECT COUNT(*) AS members FROM enrolment
WHERE space = :space AND run = :run AND left_at_ms IS NULL;

-- name: count_active
-- Who takes part and did anything since then: voted, answered or took a hint.
SELECT COUNT(*) AS members FROM (
    SELECT member FROM vote
    WHERE space = :space AND run = :run AND voted_at_ms >= :since_ms
    UNION
    SELECT member FROM progress
    WHERE space = :space AND run = :run AND seen_at_ms >= :since_ms
) AS active
WHERE EXISTS (
    SELECT 1 FROM enrolment
    WHERE enrolment.space = :space AND enrolment.run = :run
        AND enrolment.member = active.member AND enrolment.left_at_ms IS NULL
);

-- name: ballots
-- One member's votes in a chapter: whoever asks for one needs to know of the other, too.
SELECT member, round, choice, confidence, voted_at_ms, looked_at_ms FROM vote
WHERE space = :space AND run = :run AND chapter = :chapter AND member = :member
ORDER BY round;

-- name: save_ballot
-- One vote a member and round; a change replaces it.
INSERT INTO vote (
    space, run, chapter, member, round, choice, confidence, voted_at_ms, looked_at_ms
) VALUES (
    :space, :run, :chapter, :member, :round, :choice, :confidence, :voted_at_ms, :looked_at_ms
)
ON CONFLICT (space, run, chapter, member, round) DO UPDATE
SET choice = excluded.choice, confidence = excluded.confidence,
    voted_at_ms = excluded.voted_at_ms, looked_at_ms = excluded.looked_at_ms;

-- name: count_votes
-- Votes by option; who chose what is not asked.
SELECT choice, COUNT(*) AS votes FROM vote
WHERE space = :space AND run = :run AND chapter = :chapter AND round = :round
GROUP BY choice;

-- name: voted_chapters
-- The chapters a member has voted in.
SELECT DISTINCT chapter FROM vote
WHERE space = :space AND run = :run AND member = :member;

-- name: progress
-- How far a member is in a chapter.
SELECT chapter, member, passed, tries, hints, done_at_ms, revision FROM progress
WHERE space = :space AND run = :run AND chapter = :chapter AND member = :member;

-- name: save_progress
-- Saved within the transaction that read it, so there is no other writer in between.
INSERT INTO progress (
    space, run, chapter, member, passed, tries, hints, done_at_ms, seen_at_ms, revision
) VALUES (
    :space, :run, :chapter, :member, :passed, :tries, :hints, :done_at_ms, :seen_at_ms, 1
)
ON CONFLICT (space, run, chapter, member) DO UPDATE
SET passed = excluded.passed, tries = excluded.tries, hints = excluded.hints,
    done_at_ms = excluded.done_at_ms, seen_at_ms = excluded.seen_at_ms,
    revision = progress.revision + 1;

-- name: progress_of_member
-- Everything a member did in a run, a row a chapter.
SELECT chapter, member, passed, tries, hints, done_at_ms, revision FROM progress
WHERE space = :space AND run = :run AND member = :member;

-- name: members_without_variant
-- Who takes part in a run and has no numbers of their own yet for a challenge, in the order in
-- which they joined.
SELECT enrolment.member FROM enrolment
WHERE enrolment.space = :space AND enrolment.run = :run AND enrolment.left_at_ms IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM variant
        WHERE variant.space = enrolment.space AND variant.run = enrolment.run
            AND variant.chapter = :chapter AND variant.challenge = :challenge
            AND variant.member = enrolment.member
    )
ORDER BY enrolment.joined_at_ms, enrolment.member
LIMIT :most;
