-- What is kept of a member is theirs alone, and is found among everybody's by an index.

-- Nobody asks who named a moderator. The letters that were written to say so gave that away, and
-- nobody has to be told a second time.
ALTER TABLE moderator DROP COLUMN named_by;
DELETE FROM delivery
WHERE purpose LIKE 'named %' AND member <> '' AND state IN ('sent', 'failed', 'skipped');

-- With all that is asked of them, so that SQLite does not take the primary key and read the space.
DROP INDEX enrolment_of_member;
CREATE INDEX enrolment_of_member ON enrolment (space, member, run);
DROP INDEX vote_of_member;
CREATE INDEX vote_of_member ON vote (space, member, run, chapter, round);
DROP INDEX variant_of_member;
CREATE INDEX variant_of_member ON variant (space, member, run) WHERE member <> '';
