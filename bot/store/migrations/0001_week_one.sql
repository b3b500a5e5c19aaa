-- Everything a run, its members and its ledger need. Instants are milliseconds UTC, JSON is TEXT.

-- One series in one channel. `due_*` is the next slot; NULL when nothing is waited for.
CREATE TABLE run (
    space TEXT NOT NULL,
    run TEXT NOT NULL,
    series TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    channel TEXT NOT NULL,
    zone TEXT NOT NULL,
    timetable TEXT NOT NULL,
    by_hand INTEGER NOT NULL CHECK (by_hand IN (0, 1)),
    status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'blocked', 'finished', 'stopped')),
    chapters TEXT NOT NULL,
    position INTEGER NOT NULL,
    current TEXT NOT NULL,
    told TEXT NOT NULL,
    held TEXT NOT NULL,
    missed INTEGER NOT NULL,
    due_at_ms INTEGER,
    due_local TEXT NOT NULL,
    due_beat TEXT NOT NULL,
    started_by TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (space, run)
) STRICT;
CREATE INDEX run_due ON run (due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE UNIQUE INDEX run_alone_in_its_channel ON run (space, channel)
WHERE status IN ('active', 'paused', 'blocked');

-- A chapter of a run that was planned or dropped; `posted_at_ms` is set when its post is out.
-- `votes_behind` 1: there are votes that the post does not show yet.
CREATE TABLE lesson (
    space TEXT NOT NULL,
    run TEXT NOT NULL,
    chapter TEXT NOT NULL,
    number INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    skipped INTEGER NOT NULL CHECK (skipped IN (0, 1)),
    posted_at_ms INTEGER,
    discussed_at_ms INTEGER,
    late_ms INTEGER NOT NULL,
    votes_behind INTEGER NOT NULL CHECK (votes_behind IN (0, 1)),
    votes_shown_at_ms INTEGER NOT NULL,
    PRIMARY KEY (space, run, chapter),
    FOREIGN KEY (space, run) REFERENCES run (space, run) ON DELETE CASCADE
) STRICT;
CREATE INDEX lesson_votes_behind ON lesson (votes_shown_at_ms) WHERE votes_behind = 1;

CREATE TABLE enrolment (
    space TEXT NOT NULL,
    run TEXT NOT NULL,
    member TEXT NOT NULL,
    joined_at_ms INTEGER NOT NULL,
    left_at_ms INTEGER,
    PRIMARY KEY (space, run, member),
    FOREIGN KEY (space, run) REFERENCES run (space, run) ON DELETE CASCADE
) STRICT;
CREATE INDEX enrolment_of_member ON enrolment (space, member);

CREATE TABLE vote (
    space TEXT NOT NULL,
    run TEXT NOT NULL,
    chapter TEXT NOT NULL,
    member TEXT NOT NULL,
    round INTEGER NOT NULL CHECK (round IN (1, 2)),
    choice TEXT NOT NULL,
    confidence TEXT NOT NULL,
    voted_at_ms INTEGER NOT NULL,
    looked_at_ms INTEGER,
    PRIMARY KEY (space, run, chapter, member, round),
    FOREIGN KEY (space, run) REFERENCES run (space, run) ON DELETE CASCADE
) STRICT;
CREATE INDEX vote_of_member ON vote (space, member, run, chapter);

-- Figures belong to no one: they are content, addressed by what they are. zlib-compressed JSON.
CREATE TABLE figure (
    digest TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

-- Which figure a registered generator drew from a seed, so that it is drawn once.
CREATE TABLE drawing (
    generator TEXT NOT NULL,
    seed INTEGER NOT NULL,
    digest TEXT NOT NULL REFERENCES figure (digest),
    PRIMARY KEY (generator, seed)
) STRICT;

-- A challenge as posed to one member, with its key; member '' is the shared question.
-- The figures stand apart, so that grading an answer does not read them.
CREATE TABLE variant (
    space TEXT NOT NULL,
    variant TEXT NOT NULL,
    run TEXT NOT NULL,
    chapter TEXT NOT NULL,
    challenge TEXT NOT NULL,
    member TEXT NOT NULL,
    issue INTEGER NOT NULL,
    body TEXT NOT NULL,
    figure TEXT,
    reveal TEXT,
    posed_at_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    hints INTEGER NOT NULL,
    best REAL NOT NULL,
    passed_at_ms INTEGER,
    PRIMARY KEY (space, variant),
    UNIQUE (space, run, chapter, challenge, member, issue),
    FOREIGN KEY (space, run) REFERENCES run (space, run) ON DELETE CASCADE,
    FOREIGN KEY (figure) REFERENCES figure (digest),
    FOREIGN KEY (reveal) REFERENCES figure (digest)
) STRICT;
CREATE INDEX variant_figure ON variant (figure);
CREATE INDEX variant_reveal ON variant (reveal);

CREATE TABLE attempt (
    space TEXT NOT NULL,
    variant TEXT NOT NULL,
    number INTEGER NOT NULL,
    answer TEXT NOT NULL,
    score REAL NOT NULL,
    passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
    feedback TEXT NOT NULL,
    trap TEXT NOT NULL,
    answered_at_ms INTEGER NOT NULL,
    PRIMARY KEY (space, variant, number),
    FOREIGN KEY (space, variant) REFERENCES variant (space, variant) ON DELETE CASCADE
) STRICT;

-- How far a member is in a chapter; `done_at_ms` is set at two passed challenges.
CREATE TABLE progress (
    space TEXT NOT NULL,
    run TEXT NOT NULL,
    chapter TEXT NOT NULL,
    member TEXT NOT NULL,
    passed TEXT NOT NULL,
    tries INTEGER NOT NULL,
    hints INTEGER NOT NULL,
    done_at_ms INTEGER,
    seen_at_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (space, run, chapter, member),
    FOREIGN KEY (space, run) REFERENCES run (space, run) ON DELETE CASCADE
) STRICT;
CREATE INDEX progress_of_member ON progress (space, member, run);

-- What a button means. Kept for good: a button in an old message still finds its want.
CREATE TABLE control (
    space TEXT NOT NULL,
    control TEXT NOT NULL,
    want TEXT NOT NULL,
    PRIMARY KEY (space, control)
) STRICT;

-- The ledger. `delivery` is opaque and is the marker by which the platform finds the message.
-- `kind` part: `body` is a frozen Part; deed: `body` is a Deed, done to the delivery `after`.
-- A part with `after` goes into the thread that the deed `after` opened. `member` set: in private.
CREATE TABLE delivery (
    delivery TEXT NOT NULL PRIMARY KEY,
    space TEXT NOT NULL,
    run TEXT NOT NULL,
    chapter TEXT NOT NULL,
    beat TEXT NOT NULL,
    purpose TEXT NOT NULL,
    part INTEGER NOT NULL,
    issue INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('part', 'deed')),
    channel TEXT NOT NULL,
    member TEXT NOT NULL,
    after TEXT,
    body TEXT NOT NULL,
    planned_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('pending', 'sending', 'sent', 'failed', 'uncertain', 'skipped')
    ),
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    lease_until_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    tried_at_ms INTEGER,
    ref TEXT,
    settled_at_ms INTEGER,
    UNIQUE (space, run, chapter, beat, purpose, part, issue),
    FOREIGN KEY (space, run) REFERENCES run (space, run) ON DELETE CASCADE
) STRICT;
CREATE INDEX delivery_open ON delivery (due_at_ms, planned_at_ms, part)
WHERE state IN ('pending', 'sending');
CREATE INDEX delivery_under_way ON delivery (space, channel, member) WHERE state = 'sending';
CREATE INDEX delivery_after ON delivery (after) WHERE after IS NOT NULL;

-- An adapter's own small records.
CREATE TABLE shelf (
    adapter TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (adapter, name)
) STRICT;
