-- name: name_moderator
-- Who is one already stays it, since when it was.
INSERT INTO moderator (space, run, member, named_at_ms)
VALUES (:space, :run, :member, :named_at_ms)
ON CONFLICT DO NOTHING;

-- name: remove_moderator
-- From now on their buttons are refused.
DELETE FROM moderator WHERE space = :space AND run = :run AND member = :member;

-- name: moderator
-- Asked at every button of somebody whom the platform does not let moderate everything.
SELECT member FROM moderator
WHERE space = :space AND run = :run AND member = :member;

-- name: moderators_of_run
-- In the order in which they were named.
SELECT member FROM moderator
WHERE space = :space AND run = :run ORDER BY named_at_ms, member;

-- name: runs_of_moderator
-- The runs somebody was named for that are not over, so that a command finds them from elsewhere.
-- Their few rows come first: joined, all runs of the space would be read.
SELECT * FROM run
WHERE space = :space
    AND run IN (SELECT run FROM moderator WHERE space = :space AND member = :member)
    AND status NOT IN ('finished', 'stopped')
ORDER BY started_at_ms DESC, run
LIMIT 20;
