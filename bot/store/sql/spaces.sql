-- name: space_departed
-- The first time counts.
INSERT INTO departure (space, left_at_ms) VALUES (:space, :at_ms) ON CONFLICT DO NOTHING;

-- name: departure
-- Since when a space is left.
SELECT left_at_ms FROM departure WHERE space = :space;

-- name: departed_before
-- Spaces of all platforms whose time of grace is over.
SELECT space FROM departure WHERE left_at_ms <= :at_ms;

-- name: spaces_of_platform
-- Spaces of a platform in which anything is known, or that were left: their names begin with it
-- and a colon.
SELECT space FROM run WHERE space > :begin AND space < :end
UNION
SELECT space FROM settings WHERE space > :begin AND space < :end
UNION
SELECT space FROM departure WHERE space > :begin AND space < :end;

-- name: purge_runs
-- Everything of a run goes with it, by foreign key: its ledger, members' answers and votes.
DELETE FROM run WHERE space = :space;

-- name: purge_controls
-- The buttons that were shown there.
DELETE FROM control WHERE space = :space;

-- name: purge_settings
-- How its members wanted it.
DELETE FROM settings WHERE space = :space;

-- name: purge_departure
-- The space is back, or nothing of it is left.
DELETE FROM departure WHERE space = :space;

-- name: purge_shelf
-- What an adapter keeps of a space has the space's own name between colons in its key.
DELETE FROM shelf WHERE adapter = :adapter AND instr(name, :own) > 0;
