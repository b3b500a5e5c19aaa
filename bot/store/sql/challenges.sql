-- name: variant_by_id
-- A posed challenge with its key, if it is this member's own (or the shared question).
SELECT variant, run, chapter, challenge, member, issue, body, figure, reveal, tries, hints,
    best, passed_at_ms
FROM variant WHERE space = :space AND variant = :variant AND member IN (:member, '');

-- name: newest_variant
-- The issue a member is working on: the one posed last.
SELECT variant, run, chapter, challenge, member, issue, body, figure, reveal, tries, hints,
    best, passed_at_ms
FROM variant
WHERE space = :space AND run = :run AND chapter = :chapter AND challenge = :challenge
    AND member = :member
ORDER BY issue DESC LIMIT 1;

-- name: insert_variant
-- Posed once: who comes second finds the first one's variant there.
INSERT INTO variant (
    space, variant, run, chapter, challenge, member, issue, body, figure, reveal, posed_at_ms,
    tries, hints, best, passed_at_ms
) VALUES (
    :space, :variant, :run, :chapter, :challenge, :member, :issue, :body, :figure, :reveal,
    :posed_at_ms, 0, 0, 0.0, NULL
)
ON CONFLICT DO NOTHING;

-- name: save_work
-- How far the member is with it. The key and the figures never change.
UPDATE variant SET tries = :tries, hints = :hints, best = :best, passed_at_ms = :passed_at_ms
WHERE space = :space AND variant = :variant;

-- name: attempt
-- The verdict on one try, so that asking twice gets the same answer and counts nothing.
SELECT answer, score, passed, feedback, trap, answered_at_ms FROM attempt
WHERE space = :space AND variant = :variant AND number = :number;

-- name: insert_attempt
-- One row a try.
INSERT INTO attempt (
    space, variant, number, answer, score, passed, feedback, trap, answered_at_ms
) VALUES (
    :space, :variant, :number, :answer, :score, :passed, :feedback, :trap, :answered_at_ms
);

-- name: own_numbers
-- Of the challenges of a chapter that anybody tried, how many were passed.
SELECT COUNT(*) AS tried, COUNT(passed_at_ms) AS passed FROM variant
WHERE space = :space AND run = :run AND chapter = :chapter AND member <> '' AND tries > 0;

-- name: most_fooled
-- The known mistake that most members made in a chapter, with the words that explain it. A plain
-- "too low" is noted as well, for the desk, but explains nothing, and a pair that changed places
-- (a>b) means something only to who saw those pictures. The cross join keeps this order: the
-- chapter's variants come first, not all answers of the space.
SELECT MIN(attempt.feedback) AS feedback, COUNT(DISTINCT variant.member) AS members
FROM variant CROSS JOIN attempt
WHERE variant.space = :space AND variant.run = :run AND variant.chapter = :chapter
    AND attempt.space = variant.space AND attempt.variant = variant.variant
    AND attempt.trap <> '' AND attempt.trap NOT LIKE '%too-high'
    AND attempt.trap NOT LIKE '%too-low' AND attempt.trap NOT LIKE '%>%'
    AND variant.member <> ''
GROUP BY variant.challenge, attempt.trap
ORDER BY members DESC, variant.challenge, attempt.trap
LIMIT 1;
