-- What is kept of a member is theirs alone, and is found among everybody's by an index.

-- Nobody asks who named a moderator. The letters that were written to say so gave that away, and
-- nobody has to be told a second time.
ALTER TABLE moderator DROP COLUMN named_by;
DELETE FROM delivery
WHERE purpose LIKE 'named %' AND member <> '' AND state IN ('sent', 'failed', 'skipped');
