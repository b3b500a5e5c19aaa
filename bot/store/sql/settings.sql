-- name: settings
-- How one member wants it; no row for who never said anything.
SELECT zone, told, reminders, hour, alone FROM settings
WHERE space = :space AND member = :member;

-- name: save_settings
-- With the next moment at which there may be something to remind them of.
INSERT INTO settings (space, member, zone, told, reminders, hour, alone, look_at_ms)
VALUES (:space, :member, :zone, :told, :reminders, :hour, :alone, :look_at_ms)
ON CONFLICT (space, member) DO UPDATE
SET zone = excluded.zone, told = excluded.told, reminders = excluded.reminders,
    hour = excluded.hour, alone = excluded.alone, look_at_ms = excluded.look_at_ms;

-- name: looks_due
-- The tick asks this every second, for all spaces at once: whose hour has come?
SELECT space, member FROM settings WHERE look_at_ms <= :now_ms
ORDER BY look_at_ms, space, member LIMIT :most;

-- name: look_again
-- The next time that may bring a reminder.
UPDATE settings SET look_at_ms = :look_at_ms WHERE space = :space AND member = :member;
