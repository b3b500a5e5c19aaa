-- What chat platforms bring: forums, one role that is told, and spaces that the app was removed
-- from. A run of an older version is in an ordinary channel and tells no role.
ALTER TABLE run ADD COLUMN forum INTEGER NOT NULL DEFAULT 0 CHECK (forum IN (0, 1));
ALTER TABLE run ADD COLUMN ping TEXT NOT NULL DEFAULT '';

-- Since when the app is no more in a space; what is known of the space goes after a while.
CREATE TABLE departure (
    space TEXT NOT NULL PRIMARY KEY,
    left_at_ms INTEGER NOT NULL
) STRICT;
