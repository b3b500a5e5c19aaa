-- name: variants_of_run
-- Everything that was posed in a run, with its key: for the account at the end of a tour.
SELECT member, challenge, issue, body, tries, hints, best, passed_at_ms FROM variant
WHERE space = :space AND run = :run ORDER BY member, posed_at_ms, challenge, issue;

-- name: votes_of_run
-- Who voted what; only for the local hall, whose people are made up.
SELECT member, chapter, round, choice, confidence FROM vote
WHERE space = :space AND run = :run ORDER BY chapter, round, member;
