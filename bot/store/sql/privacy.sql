-- name: runs_with_member
-- Every run in which anything is kept of a member, or that they started.
SELECT run.* FROM run
WHERE run.space = :space AND (run.started_by = :member OR run.run IN (
    SELECT run FROM enrolment WHERE space = :space AND member = :member
    UNION
    SELECT run FROM vote WHERE space = :space AND member = :member
    UNION
    SELECT run FROM progress WHERE space = :space AND member = :member
    UNION
    SELECT run FROM moderator WHERE space = :space AND member = :member
    UNION
    SELECT run FROM variant WHERE space = :space AND member = :member AND member <> ''
    UNION
    SELECT run FROM delivery WHERE space = :space AND member = :member AND member <> ''
))
ORDER BY run.started_at_ms, run.run;

-- name: ballots_of_member
-- The member's own votes in a run.
SELECT chapter, round, choice, confidence, voted_at_ms, looked_at_ms FROM vote
WHERE space = :space AND run = :run AND member = :member
ORDER BY voted_at_ms, chapter, round;

-- name: variants_of_member
-- The challenges that were posed to a member in a run; without their keys.
SELECT variant, chapter, challenge, issue, posed_at_ms, tries, hints, best, passed_at_ms
FROM variant
WHERE space = :space AND member = :member AND member <> '' AND run = :run
ORDER BY posed_at_ms, chapter, challenge, issue;

-- name: attempts_of_member
-- All that a member answered in a run. Their few variants come first: joined, all answers of the
-- space would be read.
SELECT variant, number, answer, score, passed, trap, answered_at_ms FROM attempt
WHERE space = :space AND variant IN (
    SELECT variant FROM variant
    WHERE space = :space AND member = :member AND member <> '' AND run = :run
)
ORDER BY answered_at_ms, variant, number;

-- name: letters_of_member
-- What was written to a member in private about a run.
SELECT chapter, purpose, state, planned_at_ms, settled_at_ms FROM delivery
WHERE space = :space AND member = :member AND member <> '' AND run = :run
ORDER BY planned_at_ms, delivery;

-- name: shelf_of_member
-- An adapter's records of a member: both names stand between colons in the key.
SELECT name, value FROM shelf
WHERE adapter = :adapter AND instr(name || ':', :own) > 0 AND instr(name || ':', :who) > 0
ORDER BY name;

-- name: votes_to_count_again
-- Posts that still count votes and will show one fewer.
UPDATE lesson SET votes_behind = 1
WHERE space = :space AND posted_at_ms IS NOT NULL AND discussed_at_ms IS NULL
    AND (run, chapter) IN (
        SELECT run, chapter FROM vote
        WHERE space = :space AND member = :member AND round = 1
    );

-- name: forget_enrolments
-- They take part in nothing here.
DELETE FROM enrolment WHERE space = :space AND member = :member;

-- name: forget_moderators
-- Whoever started a run and is the only one who is named for it goes on being written to.
DELETE FROM moderator
WHERE space = :space AND member = :member AND (
    EXISTS (
        SELECT 1 FROM moderator AS other
        WHERE other.space = moderator.space AND other.run = moderator.run
            AND other.member <> moderator.member
    )
    OR NOT EXISTS (
        SELECT 1 FROM run
        WHERE run.space = moderator.space AND run.run = moderator.run
            AND run.started_by = moderator.member
    )
);

-- name: forget_controls
-- Buttons that are about them by name: those that would take them from the moderators.
DELETE FROM control WHERE space = :space AND instr(want, :about) > 0;

-- name: forget_votes
-- Of both rounds.
DELETE FROM vote WHERE space = :space AND member = :member;

-- name: forget_progress
-- How far they were.
DELETE FROM progress WHERE space = :space AND member = :member;

-- name: forget_variants
-- The challenges that were posed to them, and with them by foreign key all that they answered.
DELETE FROM variant WHERE space = :space AND member = :member AND member <> '';

-- name: forget_letters
-- What was written to them. What a run needs of who started it is about the run and stays: it
-- would be written again.
DELETE FROM delivery
WHERE space = :space AND member = :member AND member <> ''
    AND (purpose LIKE :reminders OR NOT EXISTS (
        SELECT 1 FROM run
        WHERE run.space = delivery.space AND run.run = delivery.run
            AND run.started_by = delivery.member
    ));

-- name: forget_settings
-- How they wanted it.
DELETE FROM settings WHERE space = :space AND member = :member;

-- name: forget_shelf
-- An adapter's records of them.
DELETE FROM shelf
WHERE adapter = :adapter AND instr(name || ':', :own) > 0 AND instr(name || ':', :who) > 0;
