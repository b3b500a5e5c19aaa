-- Who moderates a run besides those whom the platform lets moderate everything: who started it where
-- everybody may start one, and whom they name.
CREATE TABLE moderator (
    space TEXT NOT NULL,
    run TEXT NOT NULL,
    member TEXT NOT NULL,
    named_by TEXT NOT NULL,
    named_at_ms INTEGER NOT NULL,
    PRIMARY KEY (space, run, member),
    FOREIGN KEY (space, run) REFERENCES run (space, run) ON DELETE CASCADE
) STRICT;
CREATE INDEX moderator_of_member ON moderator (space, member, run);
