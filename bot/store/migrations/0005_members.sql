-- What members say of how they want it, and ways to find all that is known of one of them.

-- One member's settings; who never said anything has no row. `zone` is the one they chose, `told`
-- the one that the platform named last, '' for none. `look_at_ms` is when to look whether there is
-- anything to remind them of; NULL while they don't want that.
CREATE TABLE settings (
    space TEXT NOT NULL,
    member TEXT NOT NULL,
    zone TEXT NOT NULL,
    told TEXT NOT NULL,
    reminders INTEGER NOT NULL CHECK (reminders IN (0, 1)),
    hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
    alone INTEGER NOT NULL CHECK (alone IN (0, 1)),
    look_at_ms INTEGER,
    PRIMARY KEY (space, member)
) STRICT;
CREATE INDEX settings_look ON settings (look_at_ms) WHERE look_at_ms IS NOT NULL;

CREATE INDEX variant_of_member ON variant (space, member) WHERE member <> '';
CREATE INDEX delivery_of_member ON delivery (space, member) WHERE member <> '';
